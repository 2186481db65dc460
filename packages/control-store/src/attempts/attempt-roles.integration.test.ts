import { API_ROLE, MIGRATOR_ROLE, slotIds, WORKER_ROLE, type RunId } from "@oroboros/slot-contract";
import { startPostgres, type TestPostgres } from "@oroboros/test-support";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commit, LIVE } from "../../test/live-run.ts";
import { claimSlot } from "../leases/claim-slot.ts";
import type { Lease } from "../leases/lease-ref.ts";
import { provisionSlots } from "../leases/provision-slots.ts";
import { migrateControlStore } from "../migrate-control-store.ts";
import { openControlStore } from "../open-control-store.ts";
import { createRun } from "../runs/create-run.ts";
import { moveToCommit } from "../runs/move-to-commit.ts";
import { transitionRun } from "../runs/transition-run.ts";
import type { Store } from "../schema.ts";
import { beginAttempt, beginFirstAttempt } from "./begin-attempt.ts";
import { finishAttempt } from "./finish-attempt.ts";
import { letGo } from "./let-go.ts";
import { listAttempts } from "./list-attempts.ts";
import { pinAttempt } from "./pin-attempt.ts";
import { requestAttempt } from "./request-attempt.ts";
import { takeOverAttempt } from "./take-over-attempt.ts";

const opened: ReturnType<typeof openControlStore>[] = [];
// Roles belong to the whole server, so this file has one of its own.
let server: TestPostgres;
let api: Store;
let worker: Store;

beforeAll(async () => {
  server = await startPostgres();
  const superuser = open(server.superuserUrl());
  for (const role of [API_ROLE, WORKER_ROLE])
    await sql`create role ${sql.id(role)} login password 'test'`.execute(superuser);
  await sql`create role ${sql.id(MIGRATOR_ROLE)} nologin`.execute(superuser);
  await sql`grant create on schema public to ${sql.id(MIGRATOR_ROLE)}`.execute(superuser);
  await migrateControlStore(superuser, { owner: MIGRATOR_ROLE });
  await provisionSlots(superuser, slotIds({ slotCount: 1 }));
  api = open(urlOf(API_ROLE));
  worker = open(urlOf(WORKER_ROLE));
});

afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()));
  await server?.stop();
});

test("the API asks for publishes and ends them with their run; the worker does everything in between", async () => {
  const lease = await firstPublish();
  const { runId } = lease;
  const { attempt } = await requestAttempt(api, { runId, commitSha: null });
  const begun = await beginAttempt(worker, runId);
  await pinAttempt(worker, { lease: begun!.lease, attempt: attempt.attempt, commitSha: commit("2") });
  await letGo(worker, begun!.lease);
  const taken = await takeOverAttempt(worker, { runId, silentSeconds: 15 });
  const end = { status: "succeeded", live: LIVE } as const;
  expect(await finishAttempt(worker, { lease: taken!.lease, attempt: 2, end })).toBe(true);
  await moveToCommit(worker, runId, commit("2"));
  await requestAttempt(api, { runId, commitSha: null });
  await transitionRun(api, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect((await statusesOf(runId)).join(" ")).toBe("succeeded succeeded canceled");
});

test.each([
  "delete from publish_attempts",
  "truncate publish_attempts",
  "alter table publish_attempts drop constraint succeeded_is_live",
  "drop index publish_attempts_one_running",
])("neither role may: %s", async (statement) => {
  for (const store of [api, worker])
    await expect(sql.raw(statement).execute(store)).rejects.toMatchObject({ code: "42501" });
});

const statusesOf = async (runId: RunId): Promise<string[]> =>
  (await listAttempts(api, runId)).map(({ status }) => status);

async function firstPublish(): Promise<Lease> {
  const run = { title: "t", prompt: "p", branch: "main", commitSha: null, createdBy: null };
  const { runId } = await createRun(api, run);
  const claim = await claimSlot(worker, { runId, ttlSeconds: 60 });
  if (claim.outcome !== "claimed") throw new Error(claim.outcome);
  const { lease } = claim;
  await beginFirstAttempt(worker, { lease, commitSha: commit("1") });
  await finishAttempt(worker, { lease, attempt: 1, end: { status: "succeeded", live: LIVE } });
  for (const to of ["testing", "preview_ready", "needs_approval"] as const) await transitionRun(worker, { runId, to });
  return lease;
}

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
