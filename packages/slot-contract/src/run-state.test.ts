import { expect, test } from "vitest";
import { canTransition, isTerminal, RUN_STATES, type RunState } from "./run-state.ts";

const FORWARD = "queued planning editing testing preview_ready needs_approval approved merging deploying merged".split(
  " ",
);
const TERMINAL = ["merged", "failed", "canceled", "expired"];

const from = (state: RunState): string[] => RUN_STATES.filter((to) => canTransition(state, to));

test.each(RUN_STATES.filter((state) => !TERMINAL.includes(state)))(
  "%s goes forward to any later state, and ends by failing or being canceled",
  (state) => {
    const later = FORWARD.slice(FORWARD.indexOf(state) + 1);
    expect(
      from(state)
        .filter((to) => to !== "expired")
        .sort(),
    ).toEqual([...later, "failed", "canceled"].sort());
  },
);

test("a run expires only before it merges", () => {
  expect(RUN_STATES.filter((state) => canTransition(state, "expired"))).toEqual(
    FORWARD.slice(0, FORWARD.indexOf("merging")),
  );
});

test.each(RUN_STATES.filter((state) => TERMINAL.includes(state)))("nothing leaves %s", (state) => {
  expect(from(state)).toEqual([]);
});

test("the terminal states are the documents' four", () => {
  expect(RUN_STATES.filter(isTerminal)).toEqual(TERMINAL);
});
