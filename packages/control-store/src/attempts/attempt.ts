import type {
  AttemptState,
  CommitSha,
  DestructiveReport,
  FailureCode,
  LeaseEpoch,
  RunId,
  SlotId,
} from "@oroboros/slot-contract";
import type { SelectQueryBuilder } from "kysely";
import type { ControlSchema, Store } from "../schema.ts";

/** One publish of a run. */
export interface PublishAttempt {
  runId: RunId;
  /** 1 for the run's first publish. */
  attempt: number;
  /** Null until a worker has looked where the branch's head is. */
  commitSha: CommitSha | null;
  status: AttemptState;
  slotId: SlotId | null;
  leaseEpoch: LeaseEpoch | null;
  failureReasonCode: FailureCode | null;
  failureMessage: string | null;
  /** What a publish that succeeded put in place. */
  live: Record<string, unknown> | null;
  requestedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  deadlineAt: Date | null;
  /** How many workers have died at it. */
  workerDeaths: number;
  /** What its migrations would destroy; null until somebody has looked. */
  destructive: DestructiveReport | null;
}

export function selectAttempts(store: Store): SelectQueryBuilder<ControlSchema, "publish_attempts", PublishAttempt> {
  return store
    .selectFrom("publish_attempts")
    .select([
      "run_id as runId",
      "attempt",
      "commit_sha as commitSha",
      "status",
      "slot_id as slotId",
      "lease_epoch as leaseEpoch",
      "failure_reason_code as failureReasonCode",
      "failure_message as failureMessage",
      "live",
      "requested_at as requestedAt",
      "started_at as startedAt",
      "finished_at as finishedAt",
      "deadline_at as deadlineAt",
      "worker_deaths as workerDeaths",
      "destructive",
    ]);
}
