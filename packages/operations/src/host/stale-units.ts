import { etcPath, type RuntimeContract } from "@oroboros/slot-contract";
import { UNIT_DIRECTORY } from "@oroboros/slot-contract/host";

/**
 * Of the units that run those that were started with files that have changed since: only a restart gives them the new ones. What reads its
 * files anew when it is told to has been told.
 */
export function staleUnits(
  contract: RuntimeContract,
  changed: readonly string[],
  started: readonly string[],
): string[] {
  const services = started.filter((unit) => unit.endsWith(".service"));
  return services.filter((unit) => changed.some((path) => filesOf(contract, unit).some((file) => isOf(path, file))));
}

/** A unit's own files and directories of drop-ins, its template's, and the env file that is named after it. */
function filesOf(contract: RuntimeContract, unit: string): string[] {
  const template = unit.replace(/@[^.]*\./, "@.");
  // `a-b@x.service` also has the drop-ins of `a-@x.service` (systemd.unit(5)).
  const shortened = unit.replace(/-[^-@]*@/, "-@");
  const units = [unit, template, shortened].map((name) => `${UNIT_DIRECTORY}/${name}`);
  const name = unit
    .slice(contract.unitPrefix.length + 1)
    .replace(/\.service$/, "")
    .replace("@", "-");
  return [...units, ...units.map((path) => `${path}.d/`), `${etcPath(contract)}/${name}.env`];
}

const isOf = (path: string, file: string): boolean => (file.endsWith("/") ? path.startsWith(file) : path === file);
