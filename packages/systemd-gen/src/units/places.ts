import { runPath, type RuntimeContract } from "@oroboros/slot-contract";

export const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));
/** Exists exactly while the firewall's unit is active: what a step can ask for without being restarted with that unit. */
export const FIREWALL_MARK = "firewall";
export const firewallMark = (contract: RuntimeContract): string => `${runPath(contract)}/${FIREWALL_MARK}`;
/** Of all slots; the one of each is a directory in it. */
export const slotRunsPath = (contract: RuntimeContract): string => `${runPath(contract)}/slots`;
