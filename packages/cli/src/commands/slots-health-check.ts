import { checkSlots, topologyOf, type SlotsReport } from "@oroboros/operations";
import { OperatorError } from "@oroboros/slot-contract";
import type { RunCommand } from "../command.ts";
import { table } from "../table.ts";
import { withOperations } from "../with-operations.ts";

export const slotsHealthCheck: RunCommand = async (context) => {
  const { ok, ...report } = await withOperations(context, (operations, environment) =>
    checkSlots(operations, topologyOf(environment)),
  );
  const text = table(
    ["slot", "state", "check", "healthy", "url", "detail"],
    report.slots.flatMap(({ slot_id, state, checks }) =>
      checks.map(({ name, healthy, url, detail }) => [slot_id, state, name, healthy ? "yes" : "NO", url, detail]),
    ),
  );
  return ok ? { ok, fields: report, text } : { ok, fields: report, error: unhealthy(report), text };
};

function unhealthy({ control_database, slots }: Omit<SlotsReport, "ok">): OperatorError {
  const checks = slots.flatMap(({ slot_id, checks }) => checks.map((check) => ({ slot_id, ...check })));
  const failed = checks.filter(({ healthy }) => !healthy);
  const problems = [
    ...(control_database === null ? [] : [`The control database does not answer: ${control_database}.`]),
    ...(failed.length === 0 ? [] : [`${failed.length} of ${checks.length} checks failed: ${namesOf(failed)}.`]),
  ];
  return new OperatorError("gate_failed", problems.join(" "), {
    hint:
      control_database === null
        ? "Look at a backend with: oroboros backend status --slot <slot>"
        : "Start the PostgreSQL server that DATABASE_URL in worker.env names.",
  });
}

const namesOf = (checks: readonly { slot_id: string; name: string }[]): string =>
  checks.map(({ slot_id, name }) => `${slot_id} ${name}`).join(", ");
