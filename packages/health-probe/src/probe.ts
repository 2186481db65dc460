/** One look at one thing. Being unhealthy is an answer, not an error. */
export type ProbeAnswer = Readonly<{ healthy: boolean; detail: string }>;

export interface Probe {
  readonly name: string;
  /** Resolves with an answer, or whatever it has when the signal aborts. Rejects only where the probe itself is broken. */
  check(signal: AbortSignal): Promise<ProbeAnswer>;
}

export const healthy = (detail: string): ProbeAnswer => ({ healthy: true, detail });
export const unhealthy = (detail: string): ProbeAnswer => ({ healthy: false, detail });

/** The reason a connection failed: its code where the system gave one, because `fetch failed` helps nobody. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as Error & { code?: unknown };
  if (typeof code === "string") return code;
  return error.cause === undefined ? error.message : describeFailure(error.cause);
}
