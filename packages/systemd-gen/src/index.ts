import { OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import { UNIT_DIRECTORY, type GeneratedFile } from "@oroboros/slot-contract/host";
import { renderHostFiles } from "./host-files.ts";
import { hostUnits } from "./host-units.ts";
import { outcomeProgram } from "./outcome-program.ts";
import { serializeUnit } from "./serialize-unit.ts";
import type { NamedUnit } from "./unit-file.ts";

export { hostUnits } from "./host-units.ts";
export { serializeUnit } from "./serialize-unit.ts";
export { directories } from "./tmpfiles/directories.ts";
export type { Directory } from "./tmpfiles/directories.ts";
export { unitPrograms } from "./unit-programs.ts";
export type { Command, NamedUnit, Optional, Specifier, Text, UnitFile } from "./unit-file.ts";

/**
 * Every file of a host that systemd and its tools read, sorted by path.
 *
 * @throws OperatorError `invalid_contract` for a value that no such file can carry, and for any root but the host's own: units have their
 * places in `/etc`, and sandboxes that hide parts of `/run` and `/tmp` could hide such a root.
 */
export function renderSystemd(contract: RuntimeContract): GeneratedFile[] {
  if (contract.root !== "/") {
    throw new OperatorError(
      "invalid_contract",
      `root: a systemd host's is "/", not ${JSON.stringify(contract.root)}.`,
      {
        hint: "Leave root out of infra/contract.ts; an embedded installation has its own.",
      },
    );
  }
  const files = [...hostUnits(contract).map(unitFile), outcomeProgram(), ...renderHostFiles(contract)];
  return files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

function unitFile(unit: NamedUnit): GeneratedFile {
  return {
    path: `systemd/${unit.name}`,
    text: serializeUnit(unit),
    kind: "file",
    installed: { path: `${UNIT_DIRECTORY}/${unit.name}`, mode: 0o644 },
  };
}
