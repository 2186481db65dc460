export const RUN_STATES = [
  "queued",
  "planning",
  "editing",
  "testing",
  "preview_ready",
  "needs_approval",
  "approved",
  "merging",
  "deploying",
  "merged",
  "failed",
  "canceled",
  "expired",
] as const;
export type RunState = (typeof RUN_STATES)[number];

const TERMINAL: readonly RunState[] = ["merged", "failed", "canceled", "expired"];

export const isTerminal = (state: RunState): boolean => TERMINAL.includes(state);

/**
 * Forward in the listed order, skipping allowed; `failed` and `canceled` from any live state; `expired` from any live state
 * before `merging`; nothing leaves a terminal state.
 */
export function canTransition(from: RunState, to: RunState): boolean {
  if (isTerminal(from)) return false;
  if (to === "failed" || to === "canceled") return true;
  if (to === "expired") return RUN_STATES.indexOf(from) < RUN_STATES.indexOf("merging");
  return RUN_STATES.indexOf(to) > RUN_STATES.indexOf(from);
}
