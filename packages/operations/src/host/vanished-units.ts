import { UNIT_DIRECTORY } from "@oroboros/slot-contract/host";

/**
 * Which units are to be stopped before their files go, as patterns that systemctl(1) knows: of a template every instance, of a drop-in the
 * unit that it is for, of a socket also what it starts.
 */
export function vanishedUnits(removed: readonly string[]): string[] {
  const patterns = removed.flatMap((path) => {
    if (!path.startsWith(`${UNIT_DIRECTORY}/`)) return [];
    const [name = ""] = path.slice(UNIT_DIRECTORY.length + 1).split("/");
    return patternsOf(name.replace(/\.d$/, ""));
  });
  return [...new Set(patterns)].toSorted();
}

function patternsOf(unit: string): string[] {
  if (unit.endsWith(".socket")) return [unit, unit.replace(/\.socket$/, ".service")];
  // `a-@x.service.d` is for every `a-b@x.service`, and `a@.service` for every `a@x.service` (systemd.unit(5)).
  return [unit.replace("-@", "-*@").replace("@.", "@*.")];
}
