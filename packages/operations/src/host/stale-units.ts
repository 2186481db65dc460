import { caddyUnit, etcPath, type RuntimeContract } from "@oroboros/slot-contract";
import { caddyfilePath, nftablesFile, nftablesUnit, templateOf, UNIT_DIRECTORY } from "@oroboros/slot-contract/host";

/** A service that runs; times as milliseconds since 1970. */
export interface RunningService {
  unit: string;
  /** When its process was started. */
  startedAt: number;
  /** When it was started, or read its files anew, last. */
  readAt: number;
}

/** A service that runs with what its files were before, and what gives it the new ones. */
export interface StaleUnit {
  unit: string;
  verb: "restart" | "reload";
}

/** When a file, or what a directory holds, was changed last; undefined where there is none. */
export type ModifiedAt = (path: string) => number | undefined;

/**
 * The services that have not read what their files are now. That is told by the files themselves, and not by who has changed them: an
 * installation that was killed, or whose answer nobody read, leaves them stale all the same. Sorted by name.
 */
export function staleUnits(
  contract: RuntimeContract,
  running: readonly RunningService[],
  modifiedAt: ModifiedAt,
): StaleUnit[] {
  const isNewer = (time: number) => (path: string) => (modifiedAt(path) ?? 0) > time;
  // systemd lists units in an order of its own, which changes.
  const sorted = running.toSorted((a, b) => (a.unit < b.unit ? -1 : 1));
  return sorted.flatMap(({ unit, startedAt, readAt }): StaleUnit[] => {
    const files = filesOf(contract, unit);
    // Its reload does all that its start does; a restart would leave the host without a firewall meanwhile, and take backends along.
    if (unit === nftablesUnit(contract)) {
      return [...files, nftablesFile(contract)].some(isNewer(readAt)) ? [{ unit, verb: "reload" }] : [];
    }
    if (files.some(isNewer(startedAt))) return [{ unit, verb: "restart" }];
    const isUnread = unit === caddyUnit(contract) && isNewer(readAt)(caddyfilePath(contract));
    return isUnread ? [{ unit, verb: "reload" }] : [];
  });
}

/** A unit's own file and directory of drop-ins, its template's, and the env file that is named after it. */
function filesOf(contract: RuntimeContract, unit: string): string[] {
  const units = [...new Set([unit, templateOf(unit)])].map((name) => `${UNIT_DIRECTORY}/${name}`);
  const name = unit
    .slice(contract.unitPrefix.length + 1)
    .replace(/\.service$/, "")
    .replace("@", "-");
  return [...units, ...units.map((path) => `${path}.d`), `${etcPath(contract)}/${name}.env`];
}
