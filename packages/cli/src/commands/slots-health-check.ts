import { checkSlots } from "@oroboros/operations";
import { contractOf, OperatorError } from "@oroboros/slot-contract";
import type { RunCommand } from "../command.ts";
import { table } from "../table.ts";
import { readWorkerEnvironment } from "../with-operations.ts";

/** Needs no database: it has to answer while one is down. */
export const slotsHealthCheck: RunCommand = async (context) => {
  const contract = contractOf(await readWorkerEnvironment(context));
  const { slots } = await checkSlots({ contract, fetch: context.world.fetch });
  const checks = slots.flatMap(({ slot_id, checks }) => checks.map((check) => ({ slot_id, ...check })));
  const text = table(
    ["slot", "check", "healthy", "url", "detail"],
    checks.map(({ slot_id, name, healthy, url, detail }) => [slot_id, name, healthy ? "yes" : "NO", url, detail]),
  );
  const failed = checks.filter(({ healthy }) => !healthy);
  if (failed.length === 0) return { ok: true, fields: { slots }, text };
  const names = failed.map(({ slot_id, name }) => `${slot_id} ${name}`).join(", ");
  const error = new OperatorError("gate_failed", `${failed.length} of ${checks.length} checks failed: ${names}.`, {
    hint: "Look at a backend with: oroboros backend status --slot <slot>",
  });
  return { ok: false, fields: { slots }, error, text };
};
