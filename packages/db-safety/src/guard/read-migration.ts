import type { DestructiveStatement } from "@oroboros/slot-contract";
import { hasSqlDetails } from "libpg-query";
import { findDestructive } from "./find-destructive.ts";
import { excerpt } from "./statement-source.ts";

/** What is known of one migration. `notAnalysed` says what of it is not, and why. */
export interface ReadMigration {
  statements: DestructiveStatement[];
  notAnalysed: string | null;
}

/** Who has more to show than this has made his point. */
const MAX_STATEMENTS = 200;

/**
 * Reads one migration, whoever wrote it.
 *
 * @returns also whether the parser can be trusted with another one: it is told only of the mistakes that its grammar foresees.
 */
export function readMigration(sql: string): ReadMigration & { isParserSound: boolean } {
  try {
    const statements = findDestructive(sql);
    const isMore = statements.length > MAX_STATEMENTS;
    const notAnalysed = isMore ? `only the first ${MAX_STATEMENTS} of ${statements.length} statements are shown` : null;
    return { statements: statements.slice(0, MAX_STATEMENTS), notAnalysed, isParserSound: true };
  } catch (error) {
    const isParserSound = hasSqlDetails(error);
    return { statements: [], notAnalysed: reasonOf(error, sql), isParserSound };
  }
}

function reasonOf(error: unknown, sql: string): string {
  if (error instanceof RangeError) return "it is nested too deeply to be read";
  if (!hasSqlDetails(error)) return error instanceof Error ? excerpt(error.message) : "it can not be read";
  const before = sql.slice(0, error.sqlDetails?.cursorPosition ?? 0);
  return `${excerpt(error.message)} in line ${before.split("\n").length}`;
}
