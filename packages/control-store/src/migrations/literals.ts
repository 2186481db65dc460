import { sql, type RawBuilder } from "kysely";

/** The words of one of the contract's unions, for a CHECK constraint. */
export function literals(words: readonly string[]): RawBuilder<unknown> {
  return sql.join(words.map((word) => sql.lit(word)));
}
