export interface GatePolicy {
  /** Time from the first look to the last, in milliseconds. */
  readonly deadlineMs: number;
  /** Pause between two looks, in milliseconds. */
  readonly intervalMs: number;
  /** How often in a row every probe has to be healthy. */
  readonly consecutivePasses: number;
}

/** Whether a gate is decided after a look. A pass that is complete counts even where the deadline fell in the meantime. */
export function gateVerdict(
  progress: { passesInRow: number; elapsedMs: number },
  policy: GatePolicy,
): "passed" | "failed" | "look_again" {
  if (progress.passesInRow >= policy.consecutivePasses) return "passed";
  return progress.elapsedMs >= policy.deadlineMs ? "failed" : "look_again";
}
