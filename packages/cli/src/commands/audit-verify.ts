import { auditObjection, verifyAudit } from "@oroboros/control-store";
import { OperatorError } from "@oroboros/slot-contract";
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
  throw new OperatorError("invalid_request", `${JSON.stringify(text.slice(0, 80))} is no hash of an audit row.`, {
    hint: "Give the head_hash that an earlier oroboros audit verify has printed.",
  });
}
