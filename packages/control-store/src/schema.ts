import type {
  ArtifactType,
  AttemptState,
  CommitSha,
  DestructiveReport,
  DestructiveStatement,
  FailureCode,
  LeaseEpoch,
  ReasonCode,
  Role,
  RunEventType,
  RunId,
  RunState,
  SlotId,
} from "@oroboros/slot-contract";
import type { ColumnType, Generated, Kysely, Transaction } from "kysely";

type WrittenOnce<T> = ColumnType<T, T, never>;
type Timestamp = ColumnType<Date, never, Date>;

export interface RunsTable {
  run_id: Generated<RunId>;
  /** Order of arrival, which is the order of the queue. */
  arrival: Generated<string>;
  title: WrittenOnce<string>;
  prompt: WrittenOnce<string>;
  branch: WrittenOnce<string | null>;
  commit_sha: CommitSha | null;
  created_by: WrittenOnce<string | null>;
  /** Who was authenticated when it was asked for; null for what the system made. */
  principal: WrittenOnce<string | null>;
  route: WrittenOnce<string | null>;
  page_title: WrittenOnce<string | null>;
  element_hint: WrittenOnce<string | null>;
  note: WrittenOnce<string | null>;
  metadata: ColumnType<Record<string, unknown> | null, string | null, never>;
  /** The run that this one tries again. */
  parent_run_id: WrittenOnce<RunId | null>;
  status: Generated<RunState>;
  failure_reason_code: ReasonCode | null;
  failure_message: string | null;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface RunEventsTable {
  event_id: Generated<string>;
  run_id: RunId;
  event_type: RunEventType;
  detail: ColumnType<Record<string, unknown>, string, never>;
  created_at: Timestamp;
}

export interface RunArtifactsTable {
  run_id: RunId;
  artifact_type: ArtifactType;
  uri: string;
  size_bytes: ColumnType<string, number, number>;
  attempt: Generated<number>;
  created_at: Timestamp;
}

export interface PublishAttemptsTable {
  run_id: RunId;
  attempt: number;
  /** Null until a worker has looked where the branch's head is. */
  commit_sha: CommitSha | null;
  status: Generated<AttemptState>;
  slot_id: SlotId | null;
  lease_epoch: LeaseEpoch | null;
  failure_reason_code: FailureCode | null;
  failure_message: string | null;
  /** What the publish put in place: the operations' own words, which only they read. */
  live: ColumnType<Record<string, unknown> | null, string | null, string | null>;
  requested_at: Timestamp;
  started_at: ColumnType<Date | null, Date | null, Date | null>;
  finished_at: ColumnType<Date | null, Date | null, Date | null>;
  /** How many workers have died at it. */
  worker_deaths: Generated<number>;
  /** When the publish is given up, whoever works on it. */
  deadline_at: ColumnType<Date | null, Date | null, Date | null>;
  /** What its migrations would destroy; null until somebody has looked. */
  destructive: ColumnType<DestructiveReport | null, string | null, string | null>;
}

/** What one migration would destroy, by the hash of its content. */
export interface MigrationFindingsTable {
  content_hash: string;
  statements: ColumnType<DestructiveStatement[], string, never>;
  not_analysed: WrittenOnce<string | null>;
  found_at: Timestamp;
}

export interface SlotLeasesTable {
  slot_id: SlotId;
  slot_number: number;
  lease_epoch: Generated<LeaseEpoch>;
  /** Null where nobody, or an operation without a run, holds the slot. */
  run_id: RunId | null;
  /** Null where the slot is free. */
  expires_at: Date | null;
  heartbeat_at: Date | null;
  /** Since when a slot that a run left may still hold some of it: no run is given it. */
  quarantined_at: Date | null;
  /** The worker that last worked under the lease; null where no worker said who it is. */
  worker_id: number | null;
  /** When the preview was last looked at. */
  traffic_at: Date | null;
  eviction_warned_at: Date | null;
  /** The queued run that an operator keeps the slot for. */
  reserved_run_id: RunId | null;
  /** When an agent last said that it works for the run; workers say so in `heartbeat_at`. */
  agent_heartbeat_at: Date | null;
  /** Since when the installation has this slot no more. */
  retired_at: Date | null;
}

export interface SlotWorktreeBindingsTable {
  slot_id: SlotId;
  run_id: RunId;
  lease_epoch: LeaseEpoch;
  commit_sha: CommitSha;
  path: string;
  bound_at: Timestamp;
}

/** A slot stands as an idle slot should since the grant of this epoch. */
export interface IdleSlotsTable {
  slot_id: SlotId;
  lease_epoch: LeaseEpoch;
  restored_at: Timestamp;
}

export interface PreviewDbResetsTable {
  reset_id: Generated<string>;
  run_id: RunId | null;
  slot_id: SlotId;
  db_name: string;
  strategy: "seed" | "snapshot";
  seed_version: string | null;
  snapshot_version: string | null;
  reset_status: "succeeded" | "failed";
  lease_epoch: LeaseEpoch;
  details: ColumnType<Record<string, unknown>, string, never>;
  created_at: Timestamp;
}

/** The slot's live database: what it is, and who logs in to it. Written by the functions of schema `slot_access` alone. */
export interface SlotDatabasesTable {
  slot_id: SlotId;
  slot_number: number;
  /** The lease's epoch at which the login was rotated last; 0 before the first reset. */
  login_epoch: ColumnType<LeaseEpoch, never, never>;
  /** Null before the first reset. */
  database_oid: ColumnType<string | null, never, never>;
  /** The spare with which the slot's next login was made. */
  prepared_oid: ColumnType<string | null, never, never>;
}

/** The one PostgreSQL server that holds the slots' databases. */
export interface SlotServerTable {
  only_row: Generated<boolean>;
  system_identifier: WrittenOnce<string>;
}

export interface ApiTokensTable {
  token_hash: WrittenOnce<string>;
  label: WrittenOnce<string>;
  role: WrittenOnce<Role>;
  created_at: Timestamp;
  token_id: Generated<string>;
  revoked_at: Date | null;
}

/** What a person decided on a run, and what a push undid. Append-only. */
export interface RunApprovalsTable {
  approval_id: Generated<string>;
  run_id: RunId;
  decision: "approved" | "rejected" | "voided";
  commit_sha: CommitSha;
  reviewer_id: string | null;
  principal: string;
  reason: string | null;
  failure_reason_code: FailureCode | null;
  created_at: Timestamp;
}

/** Append-only; the database chains each row to the one before by its hash when the transaction commits. */
export interface AuditLogTable {
  audit_id: Generated<string>;
  created_at: Timestamp;
  /** Left out, it is the transaction's; see `asActor`. */
  principal: Generated<string>;
  trace_id: ColumnType<string | null, never, never>;
  action: string;
  run_id: RunId | null;
  slot_id: SlotId | null;
  detail: ColumnType<Record<string, unknown>, string, never>;
  seq: ColumnType<string | null, never, never>;
  prev_hash: ColumnType<string | null, never, never>;
  hash: ColumnType<string | null, never, never>;
}

/** Which run a request made that its sender may repeat. */
export interface IdempotencyKeysTable {
  principal: string;
  key: string;
  request_hash: string;
  /** Null only inside the transaction that takes the key. */
  run_id: RunId | null;
  created_at: Timestamp;
}

/** A database to start others from. Complete, it can only be dropped. */
export interface DbSnapshotsTable {
  snapshot_id: Generated<string>;
  version: WrittenOnce<string>;
  source_kind: "slot" | "url";
  source: string;
  masked_by: string | null;
  created_by: string;
  created_at: Timestamp;
  content_fingerprint: string | null;
  size_bytes: ColumnType<string | null, never, number>;
  migrations: ColumnType<string[] | null, never, string>;
  completed_at: ColumnType<Date | null, never, Date>;
  dropped_at: ColumnType<Date | null, never, Date>;
}

/** Which templates were made from a snapshot. */
export interface DbSnapshotTemplatesTable {
  snapshot_id: string;
  template_hash: string;
}

/** The tables of `builder_control`. */
export interface ControlSchema {
  runs: RunsTable;
  run_events: RunEventsTable;
  run_artifacts: RunArtifactsTable;
  publish_attempts: PublishAttemptsTable;
  slot_leases: SlotLeasesTable;
  slot_worktree_bindings: SlotWorktreeBindingsTable;
  idle_slots: IdleSlotsTable;
  preview_db_resets: PreviewDbResetsTable;
  slot_databases: SlotDatabasesTable;
  slot_server: SlotServerTable;
  api_tokens: ApiTokensTable;
  run_approvals: RunApprovalsTable;
  audit_log: AuditLogTable;
  idempotency_keys: IdempotencyKeysTable;
  migration_findings: MigrationFindingsTable;
  db_snapshots: DbSnapshotsTable;
  db_snapshot_templates: DbSnapshotTemplatesTable;
}

export type Store = Kysely<ControlSchema>;
export type StoreTransaction = Transaction<ControlSchema>;
