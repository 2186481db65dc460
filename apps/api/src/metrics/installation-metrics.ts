import type { Histogram, Tallies } from "@oroboros/control-store";
import type { Metric, Sample } from "./exposition.ts";

/** Upper bounds in seconds: from a warm database's reset to a step's timeout. */
export const BOUNDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600] as const;

const SLOT_STATES = ["free", "held", "expired", "quarantined"] as const;
const PUBLISH_OUTCOMES = ["succeeded", "failed", "canceled"] as const;
const DEPLOY_OUTCOMES = ["succeeded", "failed", "rolled_back"] as const;

/** The installation's metrics, from what its database says. */
export function installationMetrics(tallies: Tallies): Metric[] {
  const { runs, slots, publishes, steps, resets } = tallies;
  const total = SLOT_STATES.reduce((sum, state) => sum + (slots[state] ?? 0), 0);
  const one = (name: string, help: string, type: Metric["type"], value: number): Metric => {
    return { name: `oroboros_${name}`, help, type, samples: [{ value }] };
  };
  return [
    one("queue_depth", "Runs that wait for a slot.", "gauge", runs.queued),
    by("runs", "Runs in each state.", "gauge", "status", Object.entries(runs)),
    by("slots", "Slots in each state.", "gauge", "state", pick(SLOT_STATES, slots)),
    one(
      "slot_utilisation_ratio",
      "Slots that a run or an operation holds, of all.",
      "gauge",
      (slots.held ?? 0) / (total || 1),
    ),
    one("leases_granted_total", "Leases that runs were given.", "counter", tallies.leasesGranted),
    one("lease_expiries_total", "Leases that ran out and were taken away.", "counter", tallies.leasesExpired),
    by("publishes_total", "Publishes that ended.", "counter", "outcome", pick(PUBLISH_OUTCOMES, publishes)),
    by(
      "step_failures_total",
      "Steps of a publish that failed.",
      "counter",
      "step",
      steps.map(({ step, failed }) => [step, failed]),
    ),
    histogram(
      "step_duration_seconds",
      "How long the steps of a publish took.",
      steps.map((step) => [{ step: step.step }, step]),
    ),
    histogram(
      "database_reset_duration_seconds",
      "How long a slot's database took to replace.",
      resets.map((reset) => [{ status: reset.status }, reset]),
    ),
    by(
      "deploys_total",
      "Deploys that ended.",
      "counter",
      "outcome",
      DEPLOY_OUTCOMES.map((outcome) => [outcome, 0]),
    ),
  ];
}

function by(
  name: string,
  help: string,
  type: Metric["type"],
  label: string,
  values: readonly (readonly [string, number])[],
): Metric {
  return {
    name: `oroboros_${name}`,
    help,
    type,
    samples: values.map(([key, value]) => ({ labels: { [label]: key }, value })),
  };
}

const pick = <K extends string>(keys: readonly K[], counts: Partial<Record<K, number>>): [K, number][] =>
  keys.map((key) => [key, counts[key] ?? 0]);

function histogram(
  name: string,
  help: string,
  series: readonly (readonly [Record<string, string>, Histogram])[],
): Metric {
  const samples = series.flatMap(([labels, { counts, count, sumSeconds }]): Sample[] => [
    ...BOUNDS.map((le, index): Sample => ({
      suffix: "_bucket",
      labels: { ...labels, le: String(le) },
      value: counts[index] ?? 0,
    })),
    { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
    { suffix: "_sum", labels, value: sumSeconds },
    { suffix: "_count", labels, value: count },
  ]);
  return { name: `oroboros_${name}`, help, type: "histogram", samples };
}
