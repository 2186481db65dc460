import {
  backendUnit,
  caddyUnit,
  OperatorError,
  slotIds,
  workerUnit,
  type HealthReport,
  type RuntimeContract,
  type ServiceHealth,
} from "@oroboros/slot-contract";
import { lastJournalLines } from "./journal.ts";

/** What a host is found to be like while it starts. */
export interface Seen {
  report: HealthReport;
  /** Units that the target wants and that do not run, with their states. */
  idle: ReadonlyMap<string, string>;
}

const sickOf = (services: readonly ServiceHealth[]): ServiceHealth[] =>
  services.filter(({ status }) => status === "unhealthy");

/** What is still waited for, by name, each once. */
export const missingOf = ({ report, idle }: Seen): string[] => [
  ...new Set([...sickOf(report.services).map(({ service }) => service), ...idle.keys()]),
];

/** Says what does not answer, what does not run, and what each of them said last. */
export async function notRunningError(
  contract: RuntimeContract,
  { report: { services }, idle }: Seen,
  deadlineMs: number,
): Promise<OperatorError> {
  const sick = sickOf(services);
  const unasked = [...idle].filter(([unit]) => !sick.some((service) => service.unit === unit));
  const lines = [
    ...sick.map(({ service, detail }) => `  ${service}: ${detail}`),
    ...unasked.map(([unit, state]) => `  ${unit} is ${state}`),
  ];
  const failed = unasked.flatMap(([unit, state]) => (state === "failed" ? [unit] : []));
  const units = [...new Set([...unitsToRead(contract, services), ...failed])];
  const journals = await Promise.all(units.map(lastJournalLines));
  const [first] = unasked;
  const stopped = first === undefined ? "" : `, and ${unasked.length} more units do not run`;
  const next =
    sick.find((service) => service.next !== null)?.next ??
    (first === undefined ? "./scripts/runtime-health-check.sh" : `systemctl status ${first[0]}`);
  return new OperatorError(
    "gate_failed",
    [
      `After ${deadlineMs / 1000} s ${sick.length} of ${services.length} checks still fail${stopped}:`,
      ...lines,
      ...journals.flat(),
    ].join("\n"),
    { hint: `Start with: ${next}` },
  );
}

/** Whose journals tell why: a service that answers by itself has nothing to say of its way through the proxy, and the proxy has. */
export function unitsToRead(contract: RuntimeContract, services: readonly ServiceHealth[]): string[] {
  const backends = slotIds(contract).map((slot) => backendUnit(contract, slot));
  const units = sickOf(services).flatMap(({ service, unit }) => {
    if (unit === null) return [];
    // The first check of a service asks it directly.
    const answers = services.find((other) => other.service === service)?.status === "healthy";
    if (answers) return [caddyUnit(contract)];
    // A slot's backend is the worker's to start.
    return backends.includes(unit) ? [unit, workerUnit(contract)] : [unit];
  });
  return [...new Set(units)];
}
