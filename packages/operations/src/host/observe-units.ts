import { caddyUnit, POSTGRES_UNIT, type RuntimeContract } from "@oroboros/slot-contract";
import {
  caddyfilePath,
  MASKED_UNITS,
  nftablesFile,
  nftablesUnit,
  REDIS_SERVER_UNIT,
  UNIT_DIRECTORY,
} from "@oroboros/slot-contract/host";
import { showUnits } from "../health/show-units.ts";
import type { HostText } from "./files/host-text.ts";
import type { UnitFacts } from "./host-facts.ts";

/** What systemd knows of the units that an installation is about. */
export async function observeUnits(contract: RuntimeContract, texts: readonly HostText[]): Promise<UnitFacts> {
  const atBoot = [...enabledUnits(texts), POSTGRES_UNIT, REDIS_SERVER_UNIT];
  const readers = {
    [nftablesFile(contract)]: nftablesUnit(contract),
    [caddyfilePath(contract)]: caddyUnit(contract),
  };
  const asked = [...MASKED_UNITS, ...atBoot, ...Object.values(readers)];
  const shown = (await showUnits(asked, ["LoadState", "UnitFileState", "ActiveState"])) ?? new Map();
  const isActive = (unit: string): boolean => shown.get(unit)?.["ActiveState"] === "active";
  return {
    toMask: MASKED_UNITS.filter((unit) => shown.get(unit)?.["LoadState"] !== "masked"),
    toEnable: atBoot.filter((unit) => shown.get(unit)?.["UnitFileState"] !== "enabled"),
    readers: Object.fromEntries(Object.entries(readers).filter(([, unit]) => isActive(unit))),
  };
}

/** Of the units that we install, those that say when they are to be started (systemd.unit(5), [Install]); a template has no state. */
function enabledUnits(texts: readonly HostText[]): string[] {
  return texts.flatMap(({ path, text }) => {
    const name = path.startsWith(`${UNIT_DIRECTORY}/`) ? path.slice(UNIT_DIRECTORY.length + 1) : "";
    const isUnit = name !== "" && !name.includes("/") && !name.includes("@.");
    return isUnit && /^\[Install\]$/m.test(text) ? [name] : [];
  });
}
