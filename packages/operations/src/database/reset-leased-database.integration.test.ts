import { claimSlot, findSlotIdentity, listResets, type Lease } from "@oroboros/control-store";
import { templateHash, type TemplateSource } from "@oroboros/db-safety";
import { LEASE_TTL_SECONDS } from "@oroboros/slot-contract";
import { queryRows } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Context } from "../context.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { resetLeasedDatabase } from "./reset-leased-database.ts";

// Nothing here starts a process: the supervisor's socket is not there.
const SOURCE: TemplateSource = {
  migrations: [{ name: "0001.sql", sql: "create table notes (body text);" }],
  seed: { version: "v1", sql: "insert into notes values ('first')" },
};

let world: TestWorld;
let lease: Lease;

beforeAll(async () => {
  world = await aWorld();
  const runId = await world.queueRun({});
  const claim = await claimSlot(world.context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  lease = claim.lease;
  await resetLeasedDatabase(world.context, lease, SOURCE);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const lastReset = async () => (await listResets(world.context.store, { limit: 1, offset: 0 })).items[0];
const liveOid = async (): Promise<unknown> => {
  const [rows] = await queryRows(
    world.superuserUrl(),
    "select oid::text from pg_database where datname = 'app_preview_1'",
  );
  return (rows as { oid: string }[])[0]?.oid;
};

test("a reset is recorded with all that its data came from, and which database it made", async () => {
  const report = await resetLeasedDatabase(world.context, lease, SOURCE);
  const { runId, slotId, leaseEpoch } = lease;
  expect(await lastReset()).toMatchObject({
    runId,
    slotId,
    leaseEpoch,
    dbName: "app_preview_1",
    strategy: "seed",
    seedVersion: "v1",
    snapshotVersion: null,
    resetStatus: "succeeded",
    details: {
      template_hash: templateHash(SOURCE),
      content_fingerprint: report.content_fingerprint,
      database_oid: await liveOid(),
      warm: false,
      kept: false,
      duration_ms: expect.any(Number),
    },
  });
  expect(report.content_fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(await findSlotIdentity(world.context.store, slotId)).toMatchObject({ databaseOid: await liveOid() });
});

interface Failure {
  source?: TemplateSource;
  context?: Partial<Context>;
  lease?: Partial<Lease>;
  signal?: AbortSignal;
  code: string;
}

const FAILURES: Record<string, Failure> = {
  "a lost lease": { lease: { leaseEpoch: "0" as Lease["leaseEpoch"] }, code: "stale_lease" },
  "a migration that does not run": {
    source: { ...SOURCE, migrations: [{ name: "0001.sql", sql: "create nonsense" }] },
    code: "migration_failed",
  },
  "a seed that does not run": {
    source: { ...SOURCE, seed: { version: "v2", sql: "insert into nowhere values (1)" } },
    code: "seed_failed",
  },
  "a claim that the judge refuses": {
    context: { databaseUrlTemplate: "postgresql://slot@127.0.0.1:1/app_preview_{slot}" },
    code: "port_mismatch",
  },
  "a password that is not the templates' role's": {
    source: { ...SOURCE, seed: { version: "v3", sql: "select 1" } },
    context: { slotPasswordKey: "0".repeat(64) },
    code: "unreachable",
  },
  "a stop": { signal: AbortSignal.abort(new Error("the publish was canceled")), code: "internal_error" },
};

test.each(Object.entries(FAILURES))(
  "%s is recorded with its code, and the old database serves",
  async (_what, failure) => {
    const before = await liveOid();
    const { source = SOURCE, signal, code } = failure;
    const context = { ...world.context, ...failure.context };
    const failing = resetLeasedDatabase(context, { ...lease, ...failure.lease }, source, { signal });
    const error = await failing.then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error).toBeInstanceOf(Error);
    expect(await lastReset()).toMatchObject({
      slotId: lease.slotId,
      seedVersion: source.seed?.version,
      resetStatus: "failed",
      details: { code, message: error?.message, template_hash: templateHash(source), duration_ms: expect.any(Number) },
    });
    expect(await liveOid()).toBe(before);
  },
);

test("where the failure can not be written down either, the caller is told why the reset failed, and the log of both", async () => {
  const error = vi.fn();
  const nowhere = { ...lease, slotId: "preview-9" as Lease["slotId"] };
  const context = { ...world.context, log: { ...world.context.log, error } };
  await expect(resetLeasedDatabase(context, nowhere, SOURCE)).rejects.toMatchObject({ code: expect.any(String) });
  expect(error).toHaveBeenCalledWith(expect.objectContaining({ slot: "preview-9" }), expect.any(String));
});
