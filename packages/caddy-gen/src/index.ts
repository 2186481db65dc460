import type { RuntimeContract } from "@oroboros/slot-contract";
import type { GeneratedFile } from "@oroboros/slot-contract/host";

/** The reverse proxy's configuration. */
export function renderCaddy(_contract: RuntimeContract): GeneratedFile[] {
  return [];
}
