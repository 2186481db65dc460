import { auditDatabases, hostActor, type DatabaseAudit } from "@oroboros/operations";
import { OperatorError } from "@oroboros/slot-contract";
import type { RunCommand } from "../command.ts";
import { table } from "../table.ts";
import { withOperations } from "../with-operations.ts";

const DEEP_LIMIT_MS = 3_600_000;

export const dbAudit: RunCommand = async (context) => {
  const { input, world } = context;
  const request = {
    deep: input.flag("deep"),
    signal: AbortSignal.timeout(DEEP_LIMIT_MS),
    actor: hostActor(world.user.uid),
  };
  const { ok, ...report } = await withOperations(context, (operations) => auditDatabases(operations, request));
  const counted = `${report.databases} databases on the server, ${report.slots} slots`;
  if (ok) return { ok, fields: report, text: `${counted}: everything is as it was recorded.` };
  const rows = report.findings.map(({ code, slot_id, subject, message }) => [code, slot_id, subject, message]);
  return { ok, fields: report, error: drifted(report), text: table(["finding", "slot", "of", "what"], rows) };
};

function drifted({ findings }: Pick<DatabaseAudit, "findings">): OperatorError {
  const [first] = findings;
  const more = findings.length > 1 ? ` And ${findings.length - 1} more: see the findings.` : "";
  return new OperatorError("databases_drifted", `${first?.message}${more}`, { hint: String(first?.hint) });
}
