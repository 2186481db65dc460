import { gateVerdict, type GatePolicy } from "./gate-verdict.ts";
import { unhealthy, type Probe, type ProbeAnswer } from "./probe.ts";

export interface GateClock {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts; it does not reject. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** What one probe said at the gate's last look. */
export type ProbeReport = ProbeAnswer & Readonly<{ name: string }>;

export type GateOutcome =
  | Readonly<{ passed: true; attempts: number; answers: readonly ProbeReport[] }>
  | Readonly<{ passed: false; attempts: number; answers: readonly ProbeReport[]; lastLogLines: readonly string[] }>;

/**
 * Looks at every probe again and again until all of them were healthy often enough in a row, or the deadline is over. A probe
 * that hangs is cut off at the deadline. Rejects with the signal's reason when that aborts.
 *
 * @param gate.lastLogLines read only when the gate fails, as evidence for the operator.
 */
export async function runGate(gate: {
  probes: readonly Probe[];
  policy: GatePolicy;
  clock: GateClock;
  signal?: AbortSignal;
  lastLogLines?: () => Promise<string[]>;
}): Promise<GateOutcome> {
  const { clock, policy } = gate;
  const startedAt = clock.now();
  const signal = gate.signal ?? new AbortController().signal;
  let answers: readonly ProbeReport[] = [];
  for (let attempts = 1, passesInRow = 0; ; attempts += 1) {
    const remainingMs = Math.max(0, startedAt + policy.deadlineMs - clock.now());
    answers = await lookOnce(gate.probes, answers, { clock, signal, remainingMs });
    signal.throwIfAborted();
    passesInRow = answers.every((answer) => answer.healthy) ? passesInRow + 1 : 0;
    const elapsedMs = clock.now() - startedAt;
    const verdict = gateVerdict({ passesInRow, elapsedMs }, policy);
    if (verdict === "passed") return { passed: true, attempts, answers };
    if (verdict === "failed") {
      return { passed: false, attempts, answers, lastLogLines: (await gate.lastLogLines?.()) ?? [] };
    }
    await clock.sleep(Math.min(policy.intervalMs, policy.deadlineMs - elapsedMs), signal);
    signal.throwIfAborted();
  }
}

async function lookOnce(
  probes: readonly Probe[],
  before: readonly ProbeReport[],
  limits: { clock: GateClock; signal: AbortSignal; remainingMs: number },
): Promise<ProbeReport[]> {
  const look = new AbortController();
  const cutOff = AbortSignal.any([look.signal, limits.signal]);
  const answers = new Map<Probe, ProbeAnswer>();
  const asked = probes.map(async (probe) => answers.set(probe, await probe.check(cutOff)));
  try {
    await Promise.race([Promise.all(asked), limits.clock.sleep(limits.remainingMs, cutOff)]);
    return probes.map((probe, index) => ({ name: probe.name, ...(answers.get(probe) ?? cutOffAfter(before[index])) }));
  } finally {
    look.abort();
  }
}

/** The last look usually meets the deadline: what the probe said before that is what the operator needs to know. */
function cutOffAfter(before: ProbeReport | undefined): ProbeAnswer {
  const cutOff = "no answer by the deadline";
  return unhealthy(before === undefined ? cutOff : `${cutOff}; before that: ${before.detail}`);
}
