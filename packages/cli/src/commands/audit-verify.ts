import { auditObjection, verifyAudit } from "@oroboros/control-store";
import { badValue } from "../bad-value.ts";
import type { RunCommand } from "../command.ts";
import { describe } from "../table.ts";
import { withOperations } from "../with-operations.ts";

export const auditVerify: RunCommand = async (context) => {
  const expected = context.input.optionalText("expectHead");
  const options = expected === undefined ? {} : { expectHead: parseHash(expected) };
  const report = await withOperations(context, ({ store }) => verifyAudit(store, options));
  const { ok: _isWhole, ...fields } = report;
  const error = auditObjection(report);
  if (error !== undefined) return { ok: false, fields, error, text: describe(fields) };
  const advice = "Keep the head's hash outside this host: with --expect-head it also shows when rows were cut off.";
  return { ok: true, fields, text: `${describe(fields)}\n${advice}` };
};

function parseHash(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  const allowed = "give the hash of an audit row: 64 of the digits 0 to 9 and a to f";
  const hint = "It is the head_hash that an earlier oroboros audit verify has printed.";
  throw badValue("--expect-head", text, { allowed, hint });
}
