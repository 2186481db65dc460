import { OperatorError } from "@oroboros/slot-contract";
import { judgeSettings } from "../doctor/judge-settings.ts";
import { observeSettings } from "../doctor/observe-settings.ts";
import type { Session } from "../session.ts";

/**
 * What only a restart of PostgreSQL can change, and what has to be so before a slot logs in.
 *
 * @throws OperatorError `not_set_up`.
 */
export async function requireSettings(superuser: Session, slotCount: number): Promise<void> {
  const settings = await observeSettings(superuser);
  const [objection] = judgeSettings({ settings, slotCount }).filter(
    ({ level, repair }) => level === "error" && repair === null,
  );
  if (objection !== undefined) throw new OperatorError("not_set_up", objection.message, { hint: objection.hint });
}
