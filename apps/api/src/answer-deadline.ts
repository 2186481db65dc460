/** How long a request waits for the queue or a probe: a Redis client that lost its server would wait for ever. */
export const ANSWER_DEADLINE_MS = 1_000;
