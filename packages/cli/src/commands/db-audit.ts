import { auditDatabases, hostActor, type Context, type DatabaseAudit } from "@oroboros/operations";
import { OperatorError } from "@oroboros/slot-contract";
import type { CommandOutcome, RunCommand } from "../command.ts";
import { table } from "../table.ts";
import { withOperations } from "../with-operations.ts";

const DEEP_LIMIT_MS = 3_600_000;

export const dbAudit: RunCommand = (context) => {
  const request = { deep: context.input.flag("deep"), uid: context.world.user.uid };
  return withOperations(context, (operations) => auditOutcome(operations, request));
};

/** @param request.uid who asks for it. */
export async function auditOutcome(
  context: Context,
  { deep, uid }: { deep: boolean; uid: number },
): Promise<CommandOutcome> {
  const request = { deep, signal: AbortSignal.timeout(DEEP_LIMIT_MS), actor: hostActor(uid) };
  const { ok, ...report } = await auditDatabases(context, request);
  const counted = `${report.databases} databases on the server, ${report.slots} slots`;
  if (ok) return { ok, fields: report, text: `${counted}: everything is as it was recorded.` };
  const rows = report.findings.map(({ code, slot_id, subject, message }) => [code, slot_id, subject, message]);
  return { ok, fields: report, error: drifted(report), text: table(["finding", "slot", "of", "what"], rows) };
}

function drifted({ findings }: Pick<DatabaseAudit, "findings">): OperatorError {
  const [first] = findings;
  const more = findings.length > 1 ? ` And ${findings.length - 1} more: see the findings.` : "";
  return new OperatorError("databases_drifted", `${first?.message}${more}`, { hint: String(first?.hint) });
}
