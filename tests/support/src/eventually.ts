import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";

const POLL_MS = 20;

/** Waits until `check` returns something truthy and returns it; after the deadline the last answer or error is reported. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { deadlineMs }: { deadlineMs: number },
): Promise<NonNullable<T>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const answer = await attempt(check);
    if (answer.ok && answer.value) return answer.value;
    if (performance.now() >= deadline) throw new Error(`Not so within ${deadlineMs} ms: ${lastAnswer(answer)}`);
    await delay(POLL_MS);
  }
}

type Attempt<T> = { ok: true; value: T } | { ok: false; error: unknown };

const lastAnswer = (answer: Attempt<unknown>): string =>
  answer.ok ? `it was ${inspect(answer.value)} to the end.` : inspect(answer.error);

async function attempt<T>(check: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await check() };
  } catch (error) {
    return { ok: false, error };
  }
}
