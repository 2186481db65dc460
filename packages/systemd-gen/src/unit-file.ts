import type { DIRECTIVES, SectionName, ValueKind } from "./directives.ts";

/** What systemd puts in by itself (systemd.unit(5)): `i` the instance, `j` the prefix's last part, `n` the unit's full name. */
export interface Specifier {
  readonly specifier: "i" | "j" | "n";
}

/** Text that means itself, whatever characters it has; only a {@link Specifier} is filled in. */
export type Text = string | readonly (string | Specifier)[];

export interface Command {
  readonly argv: readonly [program: string, ...Text[]];
  /** Without the unit's user and sandbox. */
  readonly asRoot?: true;
  /** The unit's result does not depend on it. */
  readonly mayFail?: true;
}

/** Nothing happens where it does not exist. */
export interface Optional {
  readonly optional: string;
}

export const maybe = (path: string): Optional => ({ optional: path });

interface ValuesByKind {
  flag: boolean;
  number: number;
  percent: number;
  megabytes: number;
  /** 0.5 is half a second. */
  seconds: number;
  /** Names, addresses and the like that systemd takes without quotes; an empty list empties what was set before. */
  words: string | readonly Text[];
  /** A directive for each list. */
  lines: readonly (readonly string[])[];
  text: Text;
  path: Text;
  paths: readonly (string | Optional)[];
  output: Text;
  "environment-file": Text | Optional;
  assignments: Readonly<Record<string, string>>;
  command: Command;
}

export type ValueOf<Kind extends ValueKind> = ValuesByKind[Kind];

type Section<Name extends SectionName> = {
  readonly [Directive in keyof (typeof DIRECTIVES)[Name]]?: ValueOf<(typeof DIRECTIVES)[Name][Directive] & ValueKind>;
};

/** A unit or a drop-in as data: its sections and directives in the order in which they are written. */
export type UnitFile = { readonly [Name in SectionName]?: Section<Name> };
export type ServiceSection = Section<"Service">;
export type UnitSection = Section<"Unit">;

/** A unit, or `<unit>.d/<name>.conf`, below {@link UNIT_DIRECTORY}. */
export interface NamedUnit {
  readonly name: string;
  readonly unit: UnitFile;
}
