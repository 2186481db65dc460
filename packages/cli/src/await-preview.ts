import { isTerminal, OperatorError, RUN_STATES, type RunDetail, type RunId } from "@oroboros/slot-contract";
import type { ApiClient } from "./api-client.ts";
import { askPatiently } from "./ask-patiently.ts";
import type { CommandContext, CommandOutcome } from "./command.ts";
import { describe } from "./table.ts";
import type { World } from "./world.ts";

const POLL_INTERVAL_MS = 250;

/** Waits until a run's preview can be looked at; a run that ends before is a failure with the run's own reason. */
export async function awaitPreview(request: {
  api: ApiClient;
  runId: RunId;
  deadlineSeconds: number;
  clock: World["clock"];
  progress: CommandContext["progress"];
}): Promise<CommandOutcome> {
  const { api, clock, runId } = request;
  const deadline = clock.now() + request.deadlineSeconds * 1000;
  for (let told = ""; ; await clock.sleep(POLL_INTERVAL_MS, new AbortController().signal)) {
    const run = await askPatiently(clock, () => api.showRun(runId));
    const state = stateOf(run);
    if (state !== told) request.progress(`Run ${runId} is ${state}.`, "everybody");
    told = state;
    if (isPreviewUp(run)) return { ok: true, fields: run, text: describe(run) };
    if (isTerminal(run.status)) return { ok: false, fields: run, error: runFailed(run), text: describe(run) };
    if (clock.now() > deadline)
      return { ok: false, fields: run, error: stillRunning(run, request.deadlineSeconds), text: describe(run) };
  }
}

const isPreviewUp = (run: RunDetail): boolean =>
  run.status === "merged" ||
  (!isTerminal(run.status) && RUN_STATES.indexOf(run.status) >= RUN_STATES.indexOf("needs_approval"));

const stateOf = (run: RunDetail): string =>
  run.queue_position === null ? run.status : `${run.status} at position ${run.queue_position}`;

function runFailed(run: RunDetail): OperatorError {
  const reason = [run.failure_reason_code, run.failure_message].filter((part) => part !== null).join(": ");
  return new OperatorError("run_failed", `Run ${run.run_id} is ${run.status}: ${reason || "no reason was recorded"}`, {
    hint: `See its evidence with: oroboros runs show ${run.run_id}`,
  });
}

function stillRunning(run: RunDetail, seconds: number): OperatorError {
  return new OperatorError("wait_timed_out", `Run ${run.run_id} is still ${stateOf(run)} after ${seconds} s.`, {
    hint: `It goes on. Look again with: oroboros runs show ${run.run_id}`,
  });
}
