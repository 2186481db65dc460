import { listAudit, type AuditEntry } from "@oroboros/control-store";
import { badValue } from "../bad-value.ts";
import { optionalRunId, type CommandInput } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { table } from "../table.ts";
import { withOperations } from "../with-operations.ts";

export const auditList: RunCommand = async (context) => {
  const request = { limit: limitOf(context.input), runId: optionalRunId(context.input) };
  const entries = await withOperations(context, ({ store }) => listAudit(store, request));
  const rows = entries.map(rowOf);
  const text = table(
    ["seq", "created at", "principal", "action", "run", "slot"],
    rows.map((row) => [row.seq, row.created_at, row.principal, row.action, row.run_id, row.slot_id]),
  );
  return { ok: true, fields: { entries: rows }, text };
};

const rowOf = (entry: AuditEntry) => ({
  seq: entry.seq,
  created_at: entry.createdAt.toISOString(),
  principal: entry.principal,
  trace_id: entry.traceId,
  action: entry.action,
  run_id: entry.runId,
  slot_id: entry.slotId,
  detail: entry.detail,
  hash: entry.hash,
});

function limitOf(input: CommandInput): number {
  const text = input.text("limit");
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  const allowed = "give a whole number from 1 to 99999";
  throw badValue("--limit", text, { allowed, hint: "For example: oroboros audit list --limit 50" });
}
