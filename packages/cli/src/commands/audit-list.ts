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
    ["seq", "when", "who", "what", "to which thing", "detail"],
    rows.map((row) => [row.seq, row.created_at, row.principal, row.action, thingOf(row), shortDetail(row.detail)]),
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

/** What the detail names beside: it stands in a column of its own. */
const THINGS = ["run_id", "slot_id", "token_id"];
const MAX_DETAIL_LENGTH = 60;

function thingOf({ run_id: run, slot_id: slot, detail }: ReturnType<typeof rowOf>): string | null {
  const token = typeof detail["token_id"] === "string" ? detail["token_id"] : null;
  const things = [run === null ? "" : `run ${run}`, slot ?? "", token === null ? "" : `token ${token}`];
  return things.filter((thing) => thing !== "").join(", ") || null;
}

/** The beginning of what an entry tells besides; all of it is in the JSON object. */
function shortDetail(detail: AuditEntry["detail"]): string | null {
  const told = Object.entries(detail).filter(([name, value]) => value !== null && !THINGS.includes(name));
  const text = told
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
  if (text === "") return null;
  return text.length <= MAX_DETAIL_LENGTH ? text : `${text.slice(0, MAX_DETAIL_LENGTH)}…`;
}

function limitOf(input: CommandInput): number {
  const text = input.text("limit");
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  const allowed = "give a whole number from 1 to 99999";
  throw badValue("--limit", text, { allowed, hint: "For example: oroboros audit list --limit 50" });
}
