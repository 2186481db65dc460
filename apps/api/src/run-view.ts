import type { PublishAttempt, Run, SlotLease, StoredArtifact, StoredEvent } from "@oroboros/control-store";
import {
  backendPort,
  frontendPort,
  loopbackUrl,
  WAITING_FOR_SLOT,
  type ArtifactView,
  type DestructiveReport,
  type PublishAttemptView,
  type RunEvent,
  type RunView,
  type RuntimeContract,
  type SlotView,
} from "@oroboros/slot-contract";

/** A run as clients see it. */
export function runView(contract: RuntimeContract, run: Run): RunView {
  return {
    run_id: run.runId,
    title: run.title,
    prompt: run.prompt,
    branch: run.branch,
    commit_sha: run.commitSha,
    created_by: run.createdBy,
    principal: run.principal,
    parent_run_id: run.parentRunId,
    route: run.route,
    page_title: run.pageTitle,
    element_hint: run.elementHint,
    note: run.note,
    metadata: run.metadata,
    status: run.status,
    failure_reason_code: run.failureReasonCode,
    failure_message: run.failureMessage,
    queue_reason: run.waitsForSlot ? WAITING_FOR_SLOT : null,
    queue_position: run.queuePosition,
    slot_id: run.slotId,
    frontend_url: run.slotId === null ? null : loopbackUrl(frontendPort(contract, run.slotId)),
    backend_url: run.slotId === null ? null : loopbackUrl(backendPort(contract, run.slotId)),
    created_at: run.createdAt.toISOString(),
    updated_at: run.updatedAt.toISOString(),
  };
}

export function slotView(contract: RuntimeContract, slot: SlotLease): SlotView {
  return {
    slot_id: slot.slotId,
    state: slot.runStatus ?? "idle",
    run_id: slot.runId,
    lease_state: slot.leaseState,
    lease_epoch: slot.leaseEpoch,
    expires_at: slot.expiresAt?.toISOString() ?? null,
    heartbeat_at: slot.heartbeatAt?.toISOString() ?? null,
    frontend_url: loopbackUrl(frontendPort(contract, slot.slotId)),
    backend_url: loopbackUrl(backendPort(contract, slot.slotId)),
  };
}

export function eventView(event: StoredEvent): RunEvent {
  return {
    event_id: event.eventId,
    run_id: event.runId,
    event_type: event.eventType,
    detail: event.detail,
    created_at: event.createdAt.toISOString(),
  };
}

export function attemptView(attempt: PublishAttempt): PublishAttemptView {
  return {
    attempt: attempt.attempt,
    status: attempt.status,
    commit_sha: attempt.commitSha,
    failure_reason_code: attempt.failureReasonCode,
    failure_message: attempt.failureMessage,
    requested_at: attempt.requestedAt.toISOString(),
    started_at: attempt.startedAt?.toISOString() ?? null,
    finished_at: attempt.finishedAt?.toISOString() ?? null,
  };
}

/** What the newest publish that has begun found in its migrations. */
export const destructiveOf = (attempts: readonly PublishAttempt[]): DestructiveReport | null =>
  attempts.findLast(({ startedAt }) => startedAt !== null)?.destructive ?? null;

export function artifactView(artifact: StoredArtifact): ArtifactView {
  return {
    artifact_type: artifact.artifactType,
    uri: artifact.uri,
    attempt: artifact.attempt,
    size_bytes: artifact.sizeBytes,
    created_at: artifact.createdAt.toISOString(),
  };
}
