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

/** `agent`: whoever has an agent's token, through `POST /api/runs/{id}/transition`. The system may do all of it. */
export type RunActor = "agent" | "system";

/** Whither a state leads, by who may go there. */
interface Ways {
  readonly agent: readonly RunState[];
  readonly system: readonly RunState[];
}

/**
 * The whole table of run states. Forward in the listed order, skipping allowed; `failed` and `canceled` from any live state;
 * `expired` from any live state before `merging`; nothing leaves a terminal state. From `preview_ready` on only the system moves
 * a run, and only the system takes one back: `approved` to `needs_approval`, when a push voids the approval.
 */
export const RUN_TRANSITIONS: Readonly<Record<RunState, Ways>> = {
  queued: beforePreview(["planning", "editing", "testing"]),
  planning: beforePreview(["editing", "testing"]),
  editing: beforePreview(["testing"]),
  testing: beforePreview([]),
  preview_ready: bySystem(["needs_approval", "approved", "merging", "deploying", "merged", "expired"]),
  needs_approval: bySystem(["approved", "merging", "deploying", "merged", "expired"]),
  approved: bySystem(["needs_approval", "merging", "deploying", "merged", "expired"]),
  merging: bySystem(["deploying", "merged"]),
  deploying: bySystem(["merged"]),
  merged: { agent: [], system: [] },
  failed: { agent: [], system: [] },
  canceled: { agent: [], system: [] },
  expired: { agent: [], system: [] },
};

function beforePreview(forward: readonly RunState[]): Ways {
  return {
    agent: [...forward, "failed", "canceled"],
    system: ["preview_ready", "needs_approval", "approved", "merging", "deploying", "merged", "expired"],
  };
}

function bySystem(states: readonly RunState[]): Ways {
  return { agent: [], system: [...states, "failed", "canceled"] };
}

/** Whether a run may go from one state to another, if need be by the system alone. */
export const canTransition = (from: RunState, to: RunState): boolean => mayTransition("system", from, to);

/** Whether this actor may take a run from one state to another. */
export function mayTransition(actor: RunActor, from: RunState, to: RunState): boolean {
  const { agent, system } = RUN_TRANSITIONS[from];
  return agent.includes(to) || (actor === "system" && system.includes(to));
}
