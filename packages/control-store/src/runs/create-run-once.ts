import { OperatorError, type RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store, StoreTransaction } from "../schema.ts";
import { actingPrincipal, inTransaction } from "../transaction.ts";
import { createRun, type NewRun } from "./create-run.ts";
import { findRun } from "./find-run.ts";
import type { Run } from "./run.ts";

/** How long the second request with a key is answered like the first. */
const REMEMBERED = sql`interval '24 hours'`;
/** Old keys that one request forgets: more than it adds, and never so many that it is slow. */
const FORGOTTEN_AT_ONCE = 100;
const principal = sql<string>`coalesce(${actingPrincipal}, session_user)`;

export interface RepeatableRequest {
  /** What its sender calls it, and calls it again. */
  key: string;
  /** What it asks for, as JSON. */
  request: unknown;
}

/**
 * Queues a run for a request that its sender may repeat because the answer was lost: the same key of the same principal answers the
 * run that it made within the last 24 hours. Of two at the same time the second waits for the first.
 *
 * @throws OperatorError `idempotency_key_reused` where the key came with another request.
 */
export async function createRunOnce(
  store: Store,
  { key, request }: RepeatableRequest,
  run: NewRun,
): Promise<{ run: Run; already: boolean }> {
  return inTransaction(store, async (tx) => {
    const hash = await hashOf(tx, request);
    const known = await takeKey(tx, key, hash);
    if (known !== undefined) return { run: await runOf(tx, known, key, hash), already: true };
    const created = await createRun(tx, run);
    await tx
      .updateTable("idempotency_keys")
      .set({ run_id: created.runId })
      .where("principal", "=", principal)
      .where("key", "=", key)
      .execute();
    await forgetOldKeys(tx);
    return { run: created, already: false };
  });
}

/** The same for the same JSON, in whatever order its fields came. */
async function hashOf(tx: StoreTransaction, request: unknown): Promise<string> {
  const { rows } = await sql<{ hash: string }>`
    select encode(sha256(convert_to(${JSON.stringify(request)}::jsonb::text, 'UTF8')), 'hex') as hash`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error("a query without from has one row");
  return row.hash;
}

interface KnownKey {
  runId: RunId | null;
  hash: string;
}

/** Takes a key that is new or was forgotten; otherwise what is known of it. */
async function takeKey(tx: StoreTransaction, key: string, hash: string): Promise<KnownKey | undefined> {
  const { rows: taken } = await sql`
    insert into idempotency_keys (principal, key, request_hash) values (${principal}, ${key}, ${hash})
    on conflict on constraint idempotency_keys_pkey do update
      set request_hash = excluded.request_hash, run_id = null, created_at = clock_timestamp()
      where idempotency_keys.created_at < clock_timestamp() - ${REMEMBERED}
    returning true`.execute(tx);
  if (taken.length === 1) return undefined;
  return tx
    .selectFrom("idempotency_keys")
    .select(["run_id as runId", "request_hash as hash"])
    .where("principal", "=", principal)
    .where("key", "=", key)
    .executeTakeFirstOrThrow();
}

async function runOf(tx: StoreTransaction, known: KnownKey, key: string, hash: string): Promise<Run> {
  const run = known.runId === null ? undefined : await findRun(tx, known.runId);
  if (run === undefined) throw new Error(`key ${key} has made no run`);
  if (known.hash === hash) return run;
  throw new OperatorError(
    "idempotency_key_reused",
    `The Idempotency-Key came before with another body: it made run ${run.runId}.`,
    {
      hint: `Send a new key with a new request, or see that run with: oroboros runs show ${run.runId}`,
    },
  );
}

/** Rows that another request is forgetting are left to it. */
async function forgetOldKeys(tx: StoreTransaction): Promise<void> {
  await sql`
    delete from idempotency_keys where (principal, key) in (
      select principal, key from idempotency_keys where created_at < clock_timestamp() - ${REMEMBERED}
      order by created_at limit ${FORGOTTEN_AT_ONCE} for update skip locked)`.execute(tx);
}
