import { runPath, type RuntimeContract } from "@oroboros/slot-contract";

export const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));
/** Of all slots; the one of each is a directory in it. */
export const slotRunsPath = (contract: RuntimeContract): string => `${runPath(contract)}/slots`;
