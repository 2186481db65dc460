import { readTextFile } from "@oroboros/host";
import { currentPath, type RuntimeContract } from "@oroboros/slot-contract";
import type { HostText } from "../host/files/host-text.ts";
import { hostTexts } from "../host/host-texts.ts";
import { renderInfra } from "../render/render-infra.ts";
import { isReleased } from "./known-contract.ts";

/**
 * Every text that a host has from its installation: as its release carries it, whatever this program, which may be a newer clone's, renders;
 * where the contract has changed since that release, as it is rendered now.
 */
export async function releasedTexts(contract: RuntimeContract): Promise<HostText[]> {
  if (!(await isReleased(contract))) return hostTexts(contract);
  const carried = new Map(
    renderInfra(contract).flatMap(({ path, installed }) => (installed === null ? [] : [[installed.path, path]])),
  );
  return Promise.all(
    hostTexts(contract).map(async (wanted) => {
      const path = carried.get(wanted.path);
      const text = path === undefined ? undefined : await readTextFile(`${currentPath(contract)}/infra/${path}`);
      return text === undefined ? wanted : { ...wanted, text };
    }),
  );
}
