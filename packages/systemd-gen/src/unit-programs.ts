import type { RuntimeContract } from "@oroboros/slot-contract";
import { hostUnits } from "./host-units.ts";
import type { NamedUnit } from "./unit-file.ts";

/** Every program that a unit starts, for whoever has to see that it is there. */
export function unitPrograms(contract: RuntimeContract): string[] {
  return [...new Set(hostUnits(contract).flatMap(programsOf))].toSorted();
}

function programsOf({ unit: { Service: service } }: NamedUnit): string[] {
  const { ExecStartPre, ExecStart, ExecReload, ExecStop, ExecStopPost } = service ?? {};
  return [ExecStartPre, ExecStart, ExecReload, ExecStop, ExecStopPost]
    .filter((command) => command !== undefined)
    .map(({ argv: [program] }) => program);
}
