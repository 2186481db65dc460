import { backendJobFile, type RuntimeContract, type SlotId, type SlotJob } from "@oroboros/slot-contract";
import { readConfinedText } from "./read-file-confined.ts";
import { parseSlotJob } from "./slot/parse-slot-job.ts";

/** More than any job has. */
export const MAX_JOB_BYTES = 262_144;

/**
 * What was last published to a slot, as the worker or root has written it; undefined where nothing was.
 *
 * @throws OperatorError `path_refused` for a link, a fifo or a file of somebody else's; `invalid_request` where it holds no job.
 */
export async function findBackendJob(
  contract: Pick<RuntimeContract, "root">,
  slot: SlotId,
): Promise<SlotJob | undefined> {
  const path = backendJobFile(contract, slot);
  const text = await readConfinedText(path, { maxBytes: MAX_JOB_BYTES });
  return text === undefined ? undefined : parseSlotJob(path, text);
}
