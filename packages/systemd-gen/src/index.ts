import type { RuntimeContract } from "@oroboros/slot-contract";
import type { GeneratedFile } from "@oroboros/slot-contract/host";

export { directories } from "./tmpfiles/directories.ts";
export type { Directory } from "./tmpfiles/directories.ts";

/** Every file of a host that systemd and its tools read, sorted by path. */
export function renderSystemd(_contract: RuntimeContract): GeneratedFile[] {
  return [];
}
