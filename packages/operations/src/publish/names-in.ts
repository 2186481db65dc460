import { listDirectory } from "@oroboros/host";
import { OperatorError } from "@oroboros/slot-contract";

/** What is in a directory of the slot's. One that the branch has taken away or closed to us has nothing that we could use. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return await listDirectory(path);
  } catch (error) {
    if (error instanceof OperatorError) return [];
    throw error;
  }
}
