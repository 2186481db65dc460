import {
  isTerminal,
  type ArtifactView,
  type DestructiveReport,
  type PublishAttemptView,
  type RunEvent,
  type RunView,
} from "@oroboros/slot-contract";
import { html } from "hono/html";
import { stateTag, type Fragment } from "./state-tag.ts";
import { stepTable } from "./step-table.ts";

/** What a run has left: its publishes, what happened, and the files that show it. */
export interface RunEvidence {
  attempts: readonly PublishAttemptView[];
  events: readonly RunEvent[];
  artifacts: readonly ArtifactView[];
  destructive: DestructiveReport | null;
}

/** A run's publishes, the latest first, each with its steps. */
export function publishList(run: RunView, { attempts, events, artifacts }: RunEvidence): Fragment {
  const eventsOf = (attempt: number): RunEvent[] => events.filter(({ detail }) => (detail["attempt"] ?? 1) === attempt);
  const [only] = attempts;
  if (only === undefined || attempts.length === 1) {
    const hasEnded = isTerminal(run.status) || (only !== undefined && only.finished_at !== null);
    return html`<h2>Steps</h2>
      ${stepTable(run, { events: eventsOf(1), hasEnded }, artifacts)}`;
  }
  return html`${attempts.toReversed().map(
    (attempt) =>
      html`<h2>Publish ${attempt.attempt} ${stateTag(attempt.status)}</h2>
        <p class="muted">Commit <code>${attempt.commit_sha ?? "not resolved yet"}</code></p>
        ${attempt.failure_message === null ? "" : failure(attempt)}
        ${stepTable(run, { events: eventsOf(attempt.attempt), hasEnded: attempt.finished_at !== null }, artifacts)}`,
  )}`;
}

/** Why a run, or one of its publishes, failed. */
export function failure(failed: Pick<RunView, "failure_reason_code" | "failure_message">): Fragment {
  return html`<div class="failure">
    <strong>${failed.failure_reason_code}</strong>
    <pre>${failed.failure_message}</pre>
  </div>`;
}
