import type { DestructiveStatement } from "@oroboros/slot-contract";
import type { Node } from "libpg-query";
import type { StatementSource } from "./statement-source.ts";

/** What is known while a migration is read. */
export interface Script {
  /** What the migration itself has made, by name without schema. */
  routines: Map<string, Routine[]>;
  /** How many bodies of code this text is inside of. */
  depth: number;
  sourceAt: (from?: number, length?: number) => StatementSource;
  read: (sql: string, within: Pick<Script, "routines" | "depth">) => DestructiveStatement[];
}

/** A body of code that a migration makes, or runs on the spot. */
export interface Routine {
  language: string;
  body: string;
  /** Of a function whose body is not a string. */
  statements?: Node | undefined;
  /** The whole statement that it stands in. */
  text: string;
  /** What was found in it, or is being found while it is read: it may call itself. */
  found?: DestructiveStatement[];
}
