import { GENERATED_LINE } from "@oroboros/slot-contract/host";
import { DIRECTIVES, type ValueKind } from "./directives.ts";
import type { Place } from "./refuse.ts";
import type { NamedUnit } from "./unit-file.ts";
import { WRITERS } from "./write-value.ts";

/**
 * The text of a unit file that systemd reads back as exactly the values of `unit`.
 *
 * @throws OperatorError `invalid_contract`, naming the directive, for a value that no unit file can carry.
 */
export function serializeUnit({ name, unit }: NamedUnit): string {
  const sections = Object.entries(unit).map(([section, directives]) => {
    const kinds: Readonly<Record<string, ValueKind>> = DIRECTIVES[section as keyof typeof DIRECTIVES];
    const lines = Object.entries(directives).flatMap(([directive, value]) =>
      linesOf({ unit: name, directive }, kinds[directive], value),
    );
    return [`[${section}]`, ...lines, ""].join("\n");
  });
  return [`# ${GENERATED_LINE}`, "", sections.join("\n")].join("\n");
}

function linesOf(place: Place, kind: ValueKind | undefined, value: unknown): string[] {
  if (kind === undefined) throw new Error(`${place.directive}= is no directive that systemd-gen knows.`);
  // UnitFile gives each directive the value of its kind; a table's entries have lost that for the compiler.
  const write = WRITERS[kind] as (place: Place, value: unknown) => readonly string[];
  return write(place, value).map((text) => `${place.directive}=${text}`);
}
