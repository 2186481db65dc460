import type { RunEvent, RunEventType } from "@oroboros/slot-contract";

export interface AttemptStep {
  name: string;
  status: "ok" | "failed" | "reused";
  ms: number | null;
  /** Whose it is, where nothing was made. */
  reused: string | null;
}

const STATUS: Partial<Record<RunEventType, AttemptStep["status"]>> = {
  step_finished: "ok",
  step_failed: "failed",
  step_reused: "reused",
};

/** How each step of a publish ended; last, where another worker went on with the publish and did it again. */
export function attemptSteps(events: readonly RunEvent[], attempt: number): AttemptStep[] {
  const steps = new Map<string, AttemptStep>();
  for (const { event_type, detail } of events) {
    const status = STATUS[event_type];
    if (status === undefined || (detail["attempt"] ?? 1) !== attempt) continue;
    const { step, ms, reused } = detail;
    const name = String(step);
    // In the place of its last ending.
    steps.delete(name);
    steps.set(name, {
      name,
      status,
      ms: typeof ms === "number" ? ms : null,
      reused: typeof reused === "string" ? reused : null,
    });
  }
  return [...steps.values()];
}
