import type { LeaseEpoch, RunId } from "@oroboros/slot-contract";
import { sql, type InsertType, type SelectType } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../test/use-control-store.ts";
import type { ControlSchema } from "./schema.ts";

const control = useControlStore({ slotCount: 1 });

type SqlType<T> = T extends Date
  ? "timestamp with time zone"
  : T extends number
    ? "integer"
    : T extends boolean
      ? "boolean"
      : T extends RunId
        ? "uuid"
        : T extends LeaseEpoch
          ? "bigint"
          : T extends string
            ? "text" | "bigint"
            : "jsonb";
type Nullability<T> = null extends T ? "null" : "not null";
/** `given`: an insert has to name it. */
type Origin<T> = [T] extends [never]
  ? "default"
  : undefined extends T
    ? "default"
    : null extends T
      ? "default"
      : "given";
type Column<C> = [SqlType<NonNullable<SelectType<C>>>, Nullability<SelectType<C>>, Origin<InsertType<C>>];

/** The compiler holds this against schema.ts, the test against the tables. */
const COLUMNS: { [T in keyof ControlSchema]: { [C in keyof ControlSchema[T]]: Column<ControlSchema[T][C]> } } = {
  runs: {
    run_id: ["uuid", "not null", "default"],
    arrival: ["bigint", "not null", "default"],
    title: ["text", "not null", "given"],
    prompt: ["text", "not null", "given"],
    branch: ["text", "null", "default"],
    commit_sha: ["text", "null", "default"],
    created_by: ["text", "null", "default"],
    principal: ["text", "null", "default"],
    route: ["text", "null", "default"],
    page_title: ["text", "null", "default"],
    element_hint: ["text", "null", "default"],
    note: ["text", "null", "default"],
    metadata: ["jsonb", "null", "default"],
    parent_run_id: ["uuid", "null", "default"],
    status: ["text", "not null", "default"],
    failure_reason_code: ["text", "null", "default"],
    failure_message: ["text", "null", "default"],
    created_at: ["timestamp with time zone", "not null", "default"],
    updated_at: ["timestamp with time zone", "not null", "default"],
  },
  run_events: {
    event_id: ["bigint", "not null", "default"],
    run_id: ["uuid", "not null", "given"],
    event_type: ["text", "not null", "given"],
    detail: ["jsonb", "not null", "given"],
    created_at: ["timestamp with time zone", "not null", "default"],
  },
  run_artifacts: {
    run_id: ["uuid", "not null", "given"],
    artifact_type: ["text", "not null", "given"],
    uri: ["text", "not null", "given"],
    size_bytes: ["bigint", "not null", "given"],
    attempt: ["integer", "not null", "default"],
    created_at: ["timestamp with time zone", "not null", "default"],
  },
  publish_attempts: {
    run_id: ["uuid", "not null", "given"],
    attempt: ["integer", "not null", "given"],
    commit_sha: ["text", "null", "default"],
    status: ["text", "not null", "default"],
    slot_id: ["text", "null", "default"],
    lease_epoch: ["bigint", "null", "default"],
    failure_reason_code: ["text", "null", "default"],
    failure_message: ["text", "null", "default"],
    live: ["jsonb", "null", "default"],
    requested_at: ["timestamp with time zone", "not null", "default"],
    started_at: ["timestamp with time zone", "null", "default"],
    finished_at: ["timestamp with time zone", "null", "default"],
    worker_deaths: ["integer", "not null", "default"],
    deadline_at: ["timestamp with time zone", "null", "default"],
    destructive: ["jsonb", "null", "default"],
  },
  slot_leases: {
    slot_id: ["text", "not null", "given"],
    slot_number: ["integer", "not null", "given"],
    lease_epoch: ["bigint", "not null", "default"],
    run_id: ["uuid", "null", "default"],
    expires_at: ["timestamp with time zone", "null", "default"],
    heartbeat_at: ["timestamp with time zone", "null", "default"],
    quarantined_at: ["timestamp with time zone", "null", "default"],
    worker_id: ["integer", "null", "default"],
    traffic_at: ["timestamp with time zone", "null", "default"],
    eviction_warned_at: ["timestamp with time zone", "null", "default"],
    reserved_run_id: ["uuid", "null", "default"],
    agent_heartbeat_at: ["timestamp with time zone", "null", "default"],
    retired_at: ["timestamp with time zone", "null", "default"],
  },
  slot_worktree_bindings: {
    slot_id: ["text", "not null", "given"],
    run_id: ["uuid", "not null", "given"],
    lease_epoch: ["bigint", "not null", "given"],
    commit_sha: ["text", "not null", "given"],
    path: ["text", "not null", "given"],
    bound_at: ["timestamp with time zone", "not null", "default"],
  },
  idle_slots: {
    slot_id: ["text", "not null", "given"],
    lease_epoch: ["bigint", "not null", "given"],
    restored_at: ["timestamp with time zone", "not null", "default"],
  },
  preview_db_resets: {
    reset_id: ["bigint", "not null", "default"],
    run_id: ["uuid", "null", "default"],
    slot_id: ["text", "not null", "given"],
    db_name: ["text", "not null", "given"],
    strategy: ["text", "not null", "given"],
    seed_version: ["text", "null", "default"],
    snapshot_version: ["text", "null", "default"],
    reset_status: ["text", "not null", "given"],
    lease_epoch: ["bigint", "not null", "given"],
    details: ["jsonb", "not null", "given"],
    created_at: ["timestamp with time zone", "not null", "default"],
  },
  api_tokens: {
    token_hash: ["text", "not null", "given"],
    label: ["text", "not null", "given"],
    role: ["text", "not null", "given"],
    created_at: ["timestamp with time zone", "not null", "default"],
    token_id: ["bigint", "not null", "default"],
    revoked_at: ["timestamp with time zone", "null", "default"],
  },
  run_approvals: {
    approval_id: ["bigint", "not null", "default"],
    run_id: ["uuid", "not null", "given"],
    decision: ["text", "not null", "given"],
    commit_sha: ["text", "not null", "given"],
    reviewer_id: ["text", "null", "default"],
    principal: ["text", "not null", "given"],
    reason: ["text", "null", "default"],
    failure_reason_code: ["text", "null", "default"],
    created_at: ["timestamp with time zone", "not null", "default"],
  },
  audit_log: {
    audit_id: ["bigint", "not null", "default"],
    created_at: ["timestamp with time zone", "not null", "default"],
    principal: ["text", "not null", "default"],
    trace_id: ["text", "null", "default"],
    action: ["text", "not null", "given"],
    run_id: ["uuid", "null", "default"],
    slot_id: ["text", "null", "default"],
    detail: ["jsonb", "not null", "given"],
    seq: ["bigint", "null", "default"],
    prev_hash: ["text", "null", "default"],
    hash: ["text", "null", "default"],
  },
  slot_databases: {
    slot_id: ["text", "not null", "given"],
    slot_number: ["integer", "not null", "given"],
    login_epoch: ["bigint", "not null", "default"],
    database_oid: ["bigint", "null", "default"],
    prepared_oid: ["bigint", "null", "default"],
  },
  slot_server: {
    only_row: ["boolean", "not null", "default"],
    system_identifier: ["text", "not null", "given"],
  },
  idempotency_keys: {
    principal: ["text", "not null", "given"],
    key: ["text", "not null", "given"],
    request_hash: ["text", "not null", "given"],
    run_id: ["uuid", "null", "default"],
    created_at: ["timestamp with time zone", "not null", "default"],
  },
  migration_findings: {
    content_hash: ["text", "not null", "given"],
    statements: ["jsonb", "not null", "given"],
    not_analysed: ["text", "null", "default"],
    found_at: ["timestamp with time zone", "not null", "default"],
  },
  db_snapshots: {
    snapshot_id: ["bigint", "not null", "default"],
    version: ["text", "not null", "given"],
    source_kind: ["text", "not null", "given"],
    source: ["text", "not null", "given"],
    masked_by: ["text", "null", "default"],
    created_by: ["text", "not null", "given"],
    created_at: ["timestamp with time zone", "not null", "default"],
    content_fingerprint: ["text", "null", "default"],
    size_bytes: ["bigint", "null", "default"],
    migrations: ["jsonb", "null", "default"],
    completed_at: ["timestamp with time zone", "null", "default"],
    dropped_at: ["timestamp with time zone", "null", "default"],
  },
  db_snapshot_templates: {
    snapshot_id: ["bigint", "not null", "given"],
    template_hash: ["text", "not null", "given"],
  },
};

test("the types describe every column of every table, and no other", async () => {
  const { rows } = await sql<{ table: string; column: string; facts: string[] }>`
    select table_name as "table", column_name as "column", array[
      data_type, case is_nullable when 'YES' then 'null' else 'not null' end,
      case when is_nullable = 'YES' or is_identity = 'YES' or column_default is not null then 'default' else 'given' end
    ]::text[] as facts
    from information_schema.columns where table_schema = 'public' and table_name not like 'kysely%'
    order by table_name, column_name`.execute(control.db);
  const described = Object.entries(COLUMNS).flatMap(([table, columns]) =>
    Object.entries(columns).map(([column, facts]) => ({ table, column, facts })),
  );
  const byName = (one: { table: string; column: string }): string => `${one.table}.${one.column}`;
  expect(rows.map((row) => [byName(row), row.facts]).toSorted()).toEqual(
    described.map((row) => [byName(row), row.facts]).toSorted(),
  );
});

test("a bigint is read as a string, a timestamp as a Date and jsonb as an object", async () => {
  const { runId } = await control.queueRun();
  const event = await control.db
    .selectFrom("run_events")
    .selectAll()
    .where("run_id", "=", runId)
    .executeTakeFirstOrThrow();
  expect(event).toMatchObject({
    event_id: expect.stringMatching(/^\d+$/),
    created_at: expect.any(Date),
    detail: { branch: "main" },
  });
});
