import { readConfined } from "@oroboros/host";
import { backendJobFile, slotIds, slotJobSchema, type RuntimeContract, type SlotId } from "@oroboros/slot-contract";

const MAX_JOB_BYTES = 1_048_576;

/** Where each slot's backend says how it is: its job file tells, while the control database is down as well. */
export async function healthPaths(contract: RuntimeContract): Promise<ReadonlyMap<SlotId, string>> {
  const found = slotIds(contract).map(async (slot) => [slot, await healthPath(contract, slot)] as const);
  return new Map((await Promise.all(found)).flatMap(([slot, path]) => (path === undefined ? [] : [[slot, path]])));
}

/** A slot that nothing was ever started in has no job, and whoever is not root may not read it: then it is asked as most are. */
async function healthPath(contract: RuntimeContract, slot: SlotId): Promise<string | undefined> {
  const text = await readConfined(backendJobFile(contract, slot), { maxBytes: MAX_JOB_BYTES }).catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return slotJobSchema.parse(JSON.parse(String(text))).health;
  } catch {
    return undefined;
  }
}
