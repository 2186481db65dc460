/** A run's publishes: the first one carries it to `needs_approval`, a later one leaves its state alone. */
export const ATTEMPT_STATES = ["requested", "running", "succeeded", "failed", "canceled"] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];
