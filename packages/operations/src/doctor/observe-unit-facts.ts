import { listDirectory } from "@oroboros/host";
import { backendUnit, slotIds, surfaceUnit, webMainUnit, type RuntimeContract } from "@oroboros/slot-contract";
import {
  MAINTENANCE_TASKS,
  maintenanceUnit,
  MASKED_UNITS,
  nftablesUnit,
  targetUnit,
  timerOf,
  UNIT_DIRECTORY,
} from "@oroboros/slot-contract/host";
import { hostTexts } from "../host/host-texts.ts";
import { showUnits, type UnitProperties } from "../health/show-units.ts";

export interface UnitFacts {
  /** Undefined where there is no systemd to ask. */
  units: ReadonlyMap<string, UnitProperties> | undefined;
  /** Names of units of ours and of their drop-ins, in directories that systemd reads before or beside the one that is rendered. */
  strays: readonly string[];
}

const PROPERTIES = ["LoadState", "ActiveState", "UnitFileState", "NeedDaemonReload", "Result"] as const;
/** systemd.unit(5): what `edit --runtime`, `set-property` and hand-written files leave; they change a unit that is as rendered. */
const ELSEWHERE = [
  "/etc/systemd/system.control",
  "/run/systemd/system.control",
  "/run/systemd/transient",
  "/run/systemd/system",
];

/** Units that have to be there in one state or another. */
export const watchedUnits = (contract: RuntimeContract) => ({
  target: targetUnit(contract),
  firewall: nftablesUnit(contract),
  timers: MAINTENANCE_TASKS.map((task) => timerOf(maintenanceUnit(contract, task))),
  tasks: MAINTENANCE_TASKS.map((task) => maintenanceUnit(contract, task)),
  instances: [
    webMainUnit(contract),
    ...slotIds(contract).flatMap((slot) => [surfaceUnit(contract, slot), backendUnit(contract, slot)]),
  ],
  masked: [...MASKED_UNITS],
});

export async function observeUnitFacts(contract: RuntimeContract): Promise<UnitFacts> {
  const { target, firewall, timers, tasks, instances, masked } = watchedUnits(contract);
  const installed = hostTexts(contract).flatMap(({ path }) => unitFile(path) ?? []);
  const services = installed.filter((name) => /^[^/@]+\.(service|socket)$/.test(name));
  const asked = [...new Set([target, firewall, ...timers, ...tasks, ...instances, ...masked, ...services])];
  return { units: await showUnits(asked, PROPERTIES), strays: await findStrays(contract, installed) };
}

const unitFile = (path: string): string | undefined =>
  path.startsWith(`${UNIT_DIRECTORY}/`) ? path.slice(UNIT_DIRECTORY.length + 1) : undefined;

async function findStrays({ unitPrefix }: RuntimeContract, installed: readonly string[]): Promise<string[]> {
  const isOurs = (name: string): boolean => name.startsWith(`${unitPrefix}-`) || name.startsWith(`${unitPrefix}.`);
  const names = async (directory: string): Promise<string[]> =>
    (await listDirectory(directory).catch(() => [])).filter(isOurs);
  const rendered = new Set([...installed, ...installed.map((name) => name.slice(0, name.indexOf("/")))]);
  const own = (await names(UNIT_DIRECTORY)).filter((name) => !name.endsWith(".wants") && !name.endsWith(".requires"));
  const inDropIns = await Promise.all(
    own
      .filter((name) => name.endsWith(".d"))
      .map(async (name) => (await listDirectory(`${UNIT_DIRECTORY}/${name}`)).map((file) => `${name}/${file}`)),
  );
  const elsewhere = await Promise.all(
    ELSEWHERE.map(async (directory) => (await names(directory)).map((name) => `${directory}/${name}`)),
  );
  const mine = [...own.filter((name) => !name.endsWith(".d")), ...inDropIns.flat()].filter(
    (name) => !rendered.has(name),
  );
  return [...mine.map((name) => `${UNIT_DIRECTORY}/${name}`), ...elsewhere.flat()];
}
