import { OperatorError, type PublishAttemptView, type RunId } from "@oroboros/slot-contract";
import type { ApiClient } from "./api-client.ts";
import { askPatiently } from "./ask-patiently.ts";
import { attemptSteps, type AttemptStep } from "./attempt-steps.ts";
import type { CommandContext, CommandOutcome } from "./command.ts";
import { readEvents } from "./read-events.ts";
import { describe, table } from "./table.ts";
import type { World } from "./world.ts";

const POLL_INTERVAL_MS = 100;

/** Waits until one publish of a run has ended; the run's preview goes on as it was where it failed. */
export async function awaitAttempt(request: {
  api: ApiClient;
  runId: RunId;
  attempt: number;
  deadlineSeconds: number;
  clock: World["clock"];
  progress: CommandContext["progress"];
}): Promise<CommandOutcome> {
  const { api, clock, runId } = request;
  const deadline = clock.now() + request.deadlineSeconds * 1000;
  for (let told = ""; ; await clock.sleep(POLL_INTERVAL_MS, new AbortController().signal)) {
    const run = await askPatiently(clock, () => api.showRun(runId));
    const attempt = run.attempts.find((each) => each.attempt === request.attempt);
    if (attempt === undefined) throw new Error(`run ${runId} has lost its publish ${request.attempt}`);
    if (attempt.status !== told)
      request.progress(`Publish ${attempt.attempt} of run ${runId} is ${attempt.status}.`, "everybody");
    told = attempt.status;
    if (attempt.finished_at === null && clock.now() <= deadline) continue;
    const { frontend_url, backend_url } = run;
    const steps = attemptSteps(await askPatiently(clock, () => readEvents(api, runId)), attempt.attempt);
    const fields = { ...attempt, run_id: runId, frontend_url, backend_url, database: databaseOf(steps), steps };
    const rows = steps.map(({ name, status, ms, reused }) => [name, status, ms, reused]);
    const text = [describe(fields), table(["step", "status", "ms", "reused"], rows)].join("\n\n");
    if (attempt.status === "succeeded") return { ok: true, fields, text };
    if (attempt.finished_at !== null) return { ok: false, fields, text, error: publishFailed(runId, attempt) };
    return { ok: false, fields, text, error: stillAtWork(runId, request) };
  }
}

/** `reset`: the migrations changed, so the preview starts again from main's data. */
function databaseOf(steps: readonly AttemptStep[]): "reset" | "kept" | null {
  const reset = steps.find(({ name }) => name === "database_reset");
  if (reset === undefined || reset.status === "failed") return null;
  return reset.status === "reused" ? "kept" : "reset";
}

function publishFailed(runId: RunId, { attempt, status, ...failure }: PublishAttemptView): OperatorError {
  const reason = [failure.failure_reason_code, failure.failure_message].filter((part) => part !== null).join(": ");
  return new OperatorError("run_failed", `Publish ${attempt} of run ${runId} ${status}: ${reason || "no reason"}`, {
    hint: `What was live before still is. See the evidence with: oroboros runs show ${runId}`,
  });
}

function stillAtWork(
  runId: RunId,
  { attempt, deadlineSeconds }: { attempt: number; deadlineSeconds: number },
): OperatorError {
  const message = `Publish ${attempt} of run ${runId} has not ended after ${deadlineSeconds} s.`;
  return new OperatorError("wait_timed_out", message, {
    hint: `It goes on. Look again with: oroboros runs show ${runId}`,
  });
}
