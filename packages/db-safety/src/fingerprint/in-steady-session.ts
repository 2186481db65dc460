import { sql } from "kysely";
import type { Session } from "../session.ts";

/** Every setting that has a say in how PostgreSQL writes a value or a definition down, or in what it reads. */
const SETTINGS = {
  search_path: "pg_catalog, pg_temp",
  datestyle: "ISO, YMD",
  intervalstyle: "postgres",
  timezone: "UTC",
  extra_float_digits: "1",
  bytea_output: "hex",
  lc_monetary: "C",
  xmlbinary: "base64",
  quote_all_identifiers: "off",
  row_security: "off",
};

/** Lets `act` read one state of the database, whatever the session's own settings are, and leaves nothing of what it does. */
export async function inSteadySession<Result>(session: Session, act: () => Promise<Result>): Promise<Result> {
  await session.run(sql`begin isolation level repeatable read`);
  try {
    const settings = Object.entries(SETTINGS).map(
      ([name, value]) => sql`pg_catalog.set_config(${sql.lit(name)}, ${sql.lit(value)}, true)`,
    );
    await session.run(sql`select ${sql.join(settings)}`);
    return await act();
  } finally {
    // A session that was ended has nothing to roll back.
    await session.run(sql`rollback`).catch(() => undefined);
  }
}
