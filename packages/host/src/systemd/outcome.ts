import { OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import { outcomeFile, type UnitOutcome, unitOutcomeSchema } from "@oroboros/slot-contract/host";
import { readConfined } from "../read-file-confined.ts";

const MAX_BYTES = 4_096;
const ROOT = 0;

/**
 * How a unit ended the last time, as root wrote it down; undefined where it never ended since the machine was started.
 *
 * @throws OperatorError `path_refused` where somebody else wrote it.
 */
export async function readOutcome(
  contract: Pick<RuntimeContract, "root">,
  unit: string,
): Promise<UnitOutcome | undefined> {
  try {
    const text = await readConfined(outcomeFile(contract, unit), { maxBytes: MAX_BYTES, ownerUids: [ROOT] });
    return unitOutcomeSchema.parse(JSON.parse(text.toString("utf8")));
  } catch (error) {
    if (error instanceof OperatorError && error.code === "artifact_not_found") return undefined;
    throw error;
  }
}
