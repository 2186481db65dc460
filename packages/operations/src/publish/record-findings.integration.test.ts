import { listAttempts, type PublishAttempt } from "@oroboros/control-store";
import type { RunId } from "@oroboros/slot-contract";
import { tinyApp, type TinyApp } from "@oroboros/test-runtime";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { publishRun } from "./publish-run.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await aRunningWorld();
  await world.push("main", tinyApp(withOld));
});
afterAll(() => world?.[Symbol.asyncDispose]());
afterEach(() => cancelHolder(world));

const OLD = "migrations/0002_old.sql";
const withOld = (app: TinyApp): void => void (app.files[OLD] = "drop table if exists older;\n");

async function published(
  branch: string,
  files: Record<string, string>,
  changes: Partial<Context> = {},
): Promise<PublishAttempt & { runId: RunId }> {
  await world.push(
    branch,
    tinyApp((app) => {
      withOld(app);
      Object.assign(app.files, files);
    }),
  );
  const runId = await world.queueRun({ branch });
  const outcome = await publishRun({ ...world.context, ...changes }, runId, new AbortController().signal);
  expect(outcome).toMatchObject({ outcome: "published" });
  const [attempt] = await listAttempts(world.context.store, runId);
  if (attempt === undefined) throw new Error("the run has no publish");
  return { ...attempt, runId };
}

const DROP = "-- no longer needed\nalter table notes drop column body;\n";

test("a branch that drops a column is published, and its run names the statement", async () => {
  const { runId, commitSha, destructive } = await published("drop-a-column", { "migrations/0003_drop.sql": DROP });
  expect(destructive).toEqual({
    attempt: 1,
    commit_sha: commitSha,
    statements: [
      {
        file: "0003_drop.sql",
        line: 2,
        kind: "drop_column",
        object: "notes.body",
        statement: "alter table notes drop column body",
      },
    ],
    not_analysed: [],
  });
  const event = (await world.events(runId)).find(({ eventType }) => eventType === "destructive_statements_found");
  expect(event?.detail).toMatchObject({ statements: 1, told: ["0003_drop.sql:2 drop_column notes.body"] });
});

test("what main has is no finding of a branch, and the run says that nothing was found", async () => {
  const { runId, destructive } = await published("adds", { "migrations/0003_new.sql": "create table a ();" });
  expect(destructive).toMatchObject({ statements: [], not_analysed: [] });
  expect((await world.events(runId)).map(({ eventType }) => eventType)).not.toContain("destructive_statements_found");
});

test("contents that were read before are known without the program", async () => {
  const files = { "migrations/0004_drop.sql": "drop table if exists seldom;" };
  const first = await published("known", files);
  await cancelHolder(world);
  const again = await published("known-again", files, { migrationGuard: ["/nowhere/guard"] });
  expect(again.destructive?.statements).toEqual(first.destructive?.statements);
  expect(again.destructive?.statements).toHaveLength(1);
});

test("a program that can not start fails no publish, and what it should have read is told", async () => {
  const migrationGuard = [process.execPath, "/nowhere/guard.js"] as const;
  const files = { "migrations/0005_unread.sql": "drop table if exists unread;" };
  const { destructive } = await published("unread", files, { migrationGuard });
  expect(destructive).toMatchObject({
    statements: [],
    not_analysed: [{ file: "0005_unread.sql", reason: "the program that reads it ended with 1" }],
  });
});
