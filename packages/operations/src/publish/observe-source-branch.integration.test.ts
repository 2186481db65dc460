import { findRun } from "@oroboros/control-store";
import { tinyApp } from "@oroboros/test-runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { publishRun } from "./publish-run.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await aWorld();
  await world.push("main", tinyApp());
});
afterAll(() => world?.[Symbol.asyncDispose]());

test("a run of a commit that its branch does not have fails before it takes a slot, and says both", async () => {
  const [honest, other] = [
    await world.push("honest", { "note.txt": "1" }),
    await world.push("other", { "note.txt": "2" }),
  ];
  const runId = await world.queueRun({ branch: "honest", commitSha: other });
  expect(await publishRun(world.context, runId, new AbortController().signal)).toEqual({
    outcome: "failed",
    reasonCode: "VALIDATION_FAILED",
  });
  const run = await findRun(world.context.store, runId);
  expect(run).toMatchObject({ status: "failed", failureReasonCode: "VALIDATION_FAILED", slotId: null });
  expect(run?.failureMessage).toMatch(
    new RegExp(`^Commit ${other} is not on branch honest of .*\n.*git push .*honest`),
  );
  expect(run?.failureMessage).not.toContain(honest);
});
