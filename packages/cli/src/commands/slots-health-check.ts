import { checkSlots, topologyOf, type SlotsReport } from "@oroboros/operations";
import { OperatorError } from "@oroboros/slot-contract";
import type { RunCommand } from "../command.ts";
import { readEnvironmentToCheck } from "../read-environment-to-check.ts";
import { table } from "../table.ts";
import { withEnvironment } from "../with-operations.ts";

export const slotsHealthCheck: RunCommand = async (context) => {
  const { environment, problem } = await readEnvironmentToCheck(context);
  const topology = topologyOf(environment);
  const { ok, ...report } = await withEnvironment(context, environment, (operations) =>
    checkSlots(operations, topology),
  );
  const text = table(
    ["slot", "state", "check", "healthy", "url", "detail"],
    report.slots.flatMap(({ slot_id, state, checks }) =>
      checks.map(({ name, healthy, url, detail }) => [slot_id, state, name, healthy ? "yes" : "NO", url, detail]),
    ),
  );
  if (ok && problem === undefined) return { ok, fields: report, text };
  const program = topology.manager === "systemd" ? "./scripts/oroboros" : "oroboros";
  return { ok: false, fields: report, error: unhealthy(report, problem, program), text };
};

function unhealthy(
  { control_database, slots }: Omit<SlotsReport, "ok">,
  problem: OperatorError | undefined,
  program: string,
): OperatorError {
  const checks = slots.flatMap(({ slot_id, checks }) => checks.map((check) => ({ slot_id, ...check })));
  const failed = checks.filter(({ healthy }) => !healthy);
  const problems = [
    ...(problem === undefined ? [] : [problem.message]),
    ...(control_database === null ? [] : [`The control database does not answer: ${control_database}.`]),
    ...(failed.length === 0 ? [] : [`${failed.length} of ${checks.length} checks failed: ${namesOf(failed)}.`]),
  ];
  return new OperatorError("gate_failed", problems.join(" "), {
    hint: problem?.hint ?? nextStep(control_database, program),
  });
}

const nextStep = (controlDatabase: string | null, program: string): string =>
  controlDatabase === null
    ? `Look at a backend with: ${program} backend status --slot <slot>`
    : "Start the PostgreSQL server that DATABASE_URL in worker.env names.";

const namesOf = (checks: readonly { slot_id: string; name: string }[]): string =>
  checks.map(({ slot_id, name }) => `${slot_id} ${name}`).join(", ");
