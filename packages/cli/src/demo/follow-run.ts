import { isTerminal, type RunDetail, type RunEvent, type RunId } from "@oroboros/slot-contract";
import type { ApiClient } from "../api-client.ts";

const POLL_INTERVAL_MS = 50;

export interface StepReport {
  name: string;
  status: "ok" | "failed";
  ms: number;
}

/** Reads a run's events until it waits for a person or has ended. */
export async function followRun(
  api: ApiClient,
  runId: RunId,
  { onStep, sleep }: { onStep: (step: StepReport) => void; sleep: (ms: number) => Promise<void> },
): Promise<{ run: RunDetail; steps: StepReport[] }> {
  const steps: StepReport[] = [];
  for (let sinceId = "0"; ; await sleep(POLL_INTERVAL_MS)) {
    const run = await api.showRun(runId);
    for (const event of await api.listEvents(runId, sinceId)) {
      sinceId = event.event_id;
      const step = stepOf(event);
      if (step === undefined) continue;
      steps.push(step);
      onStep(step);
    }
    if (run.status === "needs_approval" || isTerminal(run.status)) return { run, steps };
  }
}

function stepOf({ event_type, detail }: RunEvent): StepReport | undefined {
  if (event_type !== "step_finished" && event_type !== "step_failed") return undefined;
  return {
    name: String(detail["step"]),
    status: event_type === "step_finished" ? "ok" : "failed",
    ms: Number(detail["ms"]),
  };
}
