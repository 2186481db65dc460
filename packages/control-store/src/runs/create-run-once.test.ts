import { sql } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { asActor } from "../transaction.ts";
import { createRunOnce } from "./create-run-once.ts";
import { transitionRun } from "./transition-run.ts";

const { db } = useControlStore({ slotCount: 1 });
const RUN = { title: "t", prompt: "p", branch: "main", commitSha: null, createdBy: null };

const ask = (key: string, request: object = { title: "t" }, principal = "token:1:ci") =>
  asActor(db, { principal, traceId: null }, (tx) => createRunOnce(tx, { key, request }, RUN));

const countRuns = async (): Promise<number> => (await db.selectFrom("runs").select("run_id").execute()).length;
const agedBy = (hours: number) =>
  sql`update idempotency_keys set created_at = created_at - make_interval(hours => ${hours})`.execute(db);

test("the same request with the same key makes one run, as it stands by then", async () => {
  const first = await ask("k", { title: "t", metadata: { a: 1, b: [2] } });
  expect(first.already).toBe(false);
  await transitionRun(db, { runId: first.run.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  const again = await ask("k", { metadata: { b: [2], a: 1 }, title: "t" });
  expect(again).toMatchObject({ already: true, run: { runId: first.run.runId, status: "canceled" } });
  expect(await countRuns()).toBe(1);
});

test("a key that came with another request is refused, and names the run that it made", async () => {
  const { run } = await ask("k");
  await expect(ask("k", { title: "another" })).rejects.toMatchObject({
    code: "idempotency_key_reused",
    message: expect.stringContaining(run.runId),
  });
  expect(await countRuns()).toBe(1);
});

test("a key is its principal's own", async () => {
  const [mine, theirs] = [await ask("k"), await ask("k", { title: "another" }, "token:2:ci")];
  expect([mine.already, theirs.already]).toEqual([false, false]);
  const system = await createRunOnce(db, { key: "k", request: {} }, RUN);
  expect(system.already).toBe(false);
  expect((await createRunOnce(db, { key: "k", request: {} }, RUN)).run.runId).toBe(system.run.runId);
});

test("of many at the same time one makes the run", async () => {
  const asked = await Promise.all(Array.from({ length: 8 }, () => ask("k")));
  expect(asked.filter(({ already }) => !already)).toHaveLength(1);
  expect(new Set(asked.map(({ run }) => run.runId)).size).toBe(1);
  expect(await countRuns()).toBe(1);
});

test("what failed has not used up its key", async () => {
  const failing = asActor(db, { principal: "token:1:ci", traceId: null }, async (tx) => {
    await createRunOnce(tx, { key: "k", request: { title: "t" } }, RUN);
    throw new Error("the answer was lost before the commit");
  });
  await expect(failing).rejects.toThrow("before the commit");
  expect((await ask("k")).already).toBe(false);
});

test("a key is forgotten after a day, and leaves nothing behind", async () => {
  const first = await ask("k");
  await ask("another");
  await agedBy(23);
  expect((await ask("k")).already).toBe(true);
  await agedBy(2);
  const next = await ask("k", { title: "another" });
  expect([next.already, next.run.runId === first.run.runId]).toEqual([false, false]);
  const { rows } = await sql`select key from idempotency_keys`.execute(db);
  expect(rows).toEqual([{ key: "k" }]);
});
