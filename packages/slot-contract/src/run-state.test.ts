import { expect, test } from "vitest";
import { canTransition, isTerminal, mayTransition, RUN_STATES, type RunState } from "./run-state.ts";

const FORWARD = "queued planning editing testing preview_ready needs_approval approved merging deploying merged".split(
  " ",
);
const TERMINAL = ["merged", "failed", "canceled", "expired"];

const VOIDED = "approved to needs_approval";

const from = (state: RunState): string[] =>
  RUN_STATES.filter((to) => canTransition(state, to) && `${state} to ${to}` !== VOIDED);

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

test("only a voided approval goes back, and only the system takes it back", () => {
  const back = RUN_STATES.flatMap((state) =>
    RUN_STATES.filter((to) => canTransition(state, to) && RUN_STATES.indexOf(to) <= RUN_STATES.indexOf(state)).map(
      (to) => `${state} to ${to}`,
    ),
  );
  expect(back).toEqual([VOIDED]);
  expect(mayTransition("agent", "approved", "needs_approval")).toBe(false);
});

test("an agent takes a run as far as testing, or ends it there, and no further", () => {
  const byAgent = RUN_STATES.flatMap((state) =>
    RUN_STATES.filter((to) => mayTransition("agent", state, to)).map((to) => [state, to] as const),
  );
  expect(new Set(byAgent.map(([state]) => state))).toEqual(new Set(["queued", "planning", "editing", "testing"]));
  expect(new Set(byAgent.map(([, to]) => to))).toEqual(
    new Set(["planning", "editing", "testing", "failed", "canceled"]),
  );
  expect(byAgent.every(([state, to]) => canTransition(state, to))).toBe(true);
});
