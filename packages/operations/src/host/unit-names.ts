import type { RuntimeContract } from "@oroboros/slot-contract";
import { UNIT_DIRECTORY } from "@oroboros/slot-contract/host";
import { renderSystemd } from "@oroboros/systemd-gen";
import { requireHostProgram } from "./systemctl.ts";

/** The unit files of a host, by name; an instance's is its template's. */
function unitFileNames(contract: RuntimeContract): string[] {
  return renderSystemd(contract).flatMap(({ installed }) => {
    const name =
      installed?.path.startsWith(`${UNIT_DIRECTORY}/`) === true ? installed.path.slice(UNIT_DIRECTORY.length + 1) : "";
    return name === "" || name.includes("/") ? [] : [name];
  });
}

/** `a@x.service` is an instance of `a@.service`. */
const fileOf = (unit: string): string => unit.replace(/@[^.]*\./, "@.");

/** Of the units that systemd has started those that are ours; another's with our prefix is not. */
export async function startedUnits(contract: RuntimeContract): Promise<string[]> {
  const ours = new Set(unitFileNames(contract));
  const listed = await requireHostProgram([
    "systemctl",
    "list-units",
    ...["--plain", "--no-legend", "--state=active,activating,reloading,deactivating"],
    `${contract.unitPrefix}*`,
  ]);
  const units = listed.split("\n").flatMap((line) => line.trim().split(/\s+/)[0] || []);
  return units.filter((unit) => ours.has(unit) || ours.has(fileOf(unit)));
}
