import { expect, test } from "vitest";
import { linesOf } from "./journal.ts";

const UNIT = "ouroboros-worker.service";
const journal: Record<string, string[]> = {
  [`_SYSTEMD_UNIT=${UNIT} _SYSTEMD_INVOCATION_ID=before`]: ["listening"],
  [`_PID=1 UNIT=${UNIT}`]: ["Failed to load environment files: No such file or directory"],
};
const read = (...matches: readonly string[]): Promise<string[]> => Promise.resolve(journal[matches.join(" ")] ?? []);

test("of a unit whose process said nothing since its last start, systemd's reason is told and not an earlier start's words", async () => {
  expect(await linesOf(UNIT, "now", read)).toEqual(["Failed to load environment files: No such file or directory"]);
  expect(await linesOf(UNIT, "", read)).toHaveLength(1);
  expect(await linesOf(UNIT, "before", read)).toEqual(["listening"]);
});
