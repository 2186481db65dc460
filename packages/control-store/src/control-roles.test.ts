import { API_ROLE, MIGRATOR_ROLE, slotIds, WORKER_ROLE, type CommitSha } from "@oroboros/slot-contract";
import { startPostgres, type TestPostgres } from "@oroboros/test-support";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { approveRun } from "./approvals/approve-run.ts";
import { rejectRun } from "./approvals/reject-run.ts";
import { recordArtifact } from "./artifacts/record-artifact.ts";
import { requestAttempt } from "./attempts/request-attempt.ts";
import { claimSlot } from "./leases/claim-slot.ts";
import { findLease } from "./leases/find-lease.ts";
import { holdLease } from "./leases/hold-lease.ts";
import { provisionSlots } from "./leases/provision-slots.ts";
import { reapExpiredLeases } from "./leases/reap-expired-leases.ts";
import { quarantine } from "./leases/quarantine.ts";
import { releaseLease } from "./leases/release-lease.ts";
import { renewLease } from "./leases/renew-lease.ts";
import { migrations } from "./migrations/index.ts";
import { migrateControlStore } from "./migrate-control-store.ts";
import { openControlStore } from "./open-control-store.ts";
import { recordReset } from "./resets/record-reset.ts";
import { createRun } from "./runs/create-run.ts";
import { createRunOnce } from "./runs/create-run-once.ts";
import { retryRun } from "./runs/retry-run.ts";
import { listRuns } from "./runs/list-runs.ts";
import { pinCommit } from "./runs/pin-commit.ts";
import { transitionRun } from "./runs/transition-run.ts";
import type { Store } from "./schema.ts";
import { createToken } from "./tokens/create-token.ts";
import { findToken } from "./tokens/find-token.ts";
import { bindWorktree } from "./worktrees/bind-worktree.ts";
import { unbindWorktree } from "./worktrees/unbind-worktree.ts";

const SLOTS = slotIds({ slotCount: 2 });
const DENIED = { code: "42501" };
const opened: ReturnType<typeof openControlStore>[] = [];
// Roles belong to the whole server, so this file has one of its own.
let server: TestPostgres;
let superuser: Store;
let api: Store;
let worker: Store;
let installations: { applied: string[] }[];

beforeAll(async () => {
  server = await startPostgres();
  superuser = open(server.superuserUrl());
  for (const role of [API_ROLE, WORKER_ROLE])
    await sql`create role ${sql.id(role)} login password 'test'`.execute(superuser);
  await sql`create role ${sql.id(MIGRATOR_ROLE)} nologin`.execute(superuser);
  await sql`grant create on schema public to ${sql.id(MIGRATOR_ROLE)}`.execute(superuser);
  installations = await Promise.all(
    Array.from({ length: 4 }, () => migrateControlStore(superuser, { owner: MIGRATOR_ROLE })),
  );
  await provisionSlots(superuser, SLOTS);
  api = open(urlOf(API_ROLE));
  worker = open(urlOf(WORKER_ROLE));
});

afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()));
  await server.stop();
});

test("several installations at once make the tables and grants of one, owned by the migrator", async () => {
  expect(installations.flatMap(({ applied }) => applied)).toEqual(Object.keys(migrations));
  const { rows } = await sql<{ tableowner: string }>`
    select distinct tableowner from pg_tables where schemaname = 'public'`.execute(superuser);
  expect(rows).toEqual([{ tableowner: MIGRATOR_ROLE }]);
});

test("an installation leaves its connections as it found them", async () => {
  await migrateControlStore(superuser, { owner: MIGRATOR_ROLE });
  const { rows } = await sql`select current_user as role`.execute(superuser);
  expect(rows).toEqual([{ role: "postgres" }]);
});

test("the API queues, lists and cancels runs, frees slots and reads tokens", async () => {
  await createToken(worker, { label: "ci", role: "operator", hash: "a".repeat(64) });
  expect(await findToken(api, "a".repeat(64))).toMatchObject({ label: "ci", role: "operator" });
  const { runId } = await createRun(api, { title: "t", prompt: "p", branch: "main", commitSha: null, createdBy: null });
  const claim = await claimSlot(worker, { runId, ttlSeconds: 60 });
  if (claim.outcome !== "claimed") throw new Error(claim.outcome);
  await api.transaction().execute(async (tx) => {
    await transitionRun(tx, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
    await holdLease(tx, claim.lease);
    expect(await releaseLease(tx, claim.lease)).toBe(true);
  });
  expect(await listRuns(api, { limit: 10, offset: 0 })).toMatchObject({ total: 1, items: [{ status: "canceled" }] });
});

test("the API makes one run for a request that comes twice, and forgets old keys; the worker takes none", async () => {
  const run = { title: "t", prompt: "p", branch: "main", commitSha: null, createdBy: null };
  const once = (store: Store) => createRunOnce(store, { key: "k", request: run }, run);
  const { runId } = (await once(api)).run;
  expect(await once(api)).toMatchObject({ already: true, run: { runId } });
  await expect(once(worker)).rejects.toMatchObject(DENIED);
  await transitionRun(api, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
});

test("the API lets a person decide, tries runs again and has slots emptied", async () => {
  const asked = { title: "t", prompt: "p", branch: "main", commitSha: "c".repeat(40) as CommitSha, createdBy: null };
  const { runId } = await createRun(api, asked);
  await claimSlot(worker, { runId, ttlSeconds: 60 });
  for (const to of ["preview_ready", "needs_approval"] as const) await transitionRun(worker, { runId, to });
  await approveRun(api, { runId });
  await requestAttempt(api, { runId, commitSha: null });
  expect(await rejectRun(api, { runId, reason: "no", failureReasonCode: "POLICY_REJECTED" })).toMatchObject({
    decision: "rejected",
    principal: API_ROLE,
  });
  expect((await retryRun(api, { runId, by: "retry" })).run).toMatchObject({ parentRunId: runId, status: "queued" });
  await transitionRun(api, {
    runId: (await retryRun(api, { runId, by: "retry" })).run.runId,
    to: "canceled",
    reasonCode: "AGENT_CANCELED",
  });
  expect(await quarantine(api, "preview-2" as never)).toBe(true);
  const audited = { action: "slot_cleanup_requested", run_id: null, slot_id: null, detail: "{}" };
  await api.insertInto("audit_log").values(audited).execute();
  await superuser.updateTable("slot_leases").set({ quarantined_at: null }).execute();
});

test("the worker takes a run from its claim to its evidence", async () => {
  const { runId } = await createRun(worker, {
    title: "t",
    prompt: "p",
    branch: "main",
    commitSha: null,
    createdBy: null,
  });
  const commitSha = "a".repeat(40) as CommitSha;
  const claim = await claimSlot(worker, { runId, ttlSeconds: 60 });
  if (claim.outcome !== "claimed") throw new Error(claim.outcome);
  const { lease } = claim;
  await pinCommit(worker, runId, commitSha);
  expect(await renewLease(worker, lease, 120)).toBe(true);
  await worker.transaction().execute(async (tx) => {
    await holdLease(tx, lease);
    for (const path of ["one", "two"]) await bindWorktree(tx, { ...lease, commitSha, path });
    await recordReset(tx, { ...lease, ...RESET });
  });
  const uri = `artifact://${runId}/checkout.log`;
  for (const sizeBytes of [1, 2])
    await recordArtifact(worker, { runId, artifactType: "preview_checkout_log", uri, sizeBytes, attempt: 1 });
  await unbindWorktree(worker, lease.slotId);
  expect(await reapExpiredLeases(worker)).toEqual([]);
  expect(await releaseLease(worker, lease, { clean: true })).toBe(true);
  expect(await findLease(worker, lease.slotId)).toMatchObject({ leaseState: "free" });
});

const HISTORY = ["runs", "run_events", "run_artifacts", "preview_db_resets", "slot_leases", "api_tokens"];
const NOT_GRANTED = [
  ...HISTORY.map((table) => `delete from ${table}`),
  ...HISTORY.map((table) => `truncate ${table} cascade`),
  ...HISTORY.map((table) => `alter table ${table} add column more text`),
  ...HISTORY.map((table) => `drop table ${table} cascade`),
  "update run_approvals set decision = 'approved'",
  "delete from run_approvals",
  "update run_events set detail = '{}'",
  "alter table run_events disable trigger all",
  "update preview_db_resets set reset_status = 'succeeded'",
  "update api_tokens set role = 'admin'",
  "insert into slot_leases (slot_id, slot_number) values ('preview-9', 9)",
  "create table public.mine ()",
];

test.each(NOT_GRANTED)("neither role may: %s", async (statement) => {
  for (const store of [api, worker]) await expect(sql.raw(statement).execute(store)).rejects.toMatchObject(DENIED);
});

test.each([
  "insert into api_tokens (token_hash, label, role) values (repeat('b', 64), 'mine', 'admin')",
  "insert into run_artifacts values (gen_random_uuid(), 'preview_checkout_log', 'u', 1)",
  "insert into slot_worktree_bindings values ('preview-1', gen_random_uuid(), 1, 'a', 'p')",
])("the API may not: %s", async (statement) => {
  await expect(sql.raw(statement).execute(api)).rejects.toMatchObject(DENIED);
});

const RESET = {
  dbName: "app_preview_1",
  strategy: "seed",
  seedVersion: null,
  snapshotVersion: null,
  resetStatus: "succeeded",
  details: {},
} as const;

function open(databaseUrl: string): Store {
  const control = openControlStore({ databaseUrl, onError: () => undefined });
  opened.push(control);
  return control.db;
}

function urlOf(role: string): string {
  const url = new URL(server.superuserUrl());
  url.username = role;
  url.password = "test";
  return url.href;
}
