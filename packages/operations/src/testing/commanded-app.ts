import { tinyApp } from "@oroboros/test-runtime";

/** A migration tool of a few lines, with its own table of what it has applied. */
const TOOL = `
import os, psycopg2
import steps
def connect(**other):
    return psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=30, **other)
connection = connect()
with connection, connection.cursor() as cursor:
    cursor.execute("create table if not exists tool_versions (version text primary key)")
    for version, statement in steps.STEPS:
        cursor.execute("insert into tool_versions values (%s) on conflict do nothing", [version])
        if cursor.rowcount == 1:
            cursor.execute(statement)
            print("applied", version, flush=True)
`;

const NOTES = `("0001", "create table notes (id int primary key, body text not null)"),`;

export interface CommandedApp {
  /** Python that runs after the tool, with its \`connect\`. */
  ending?: string;
  /** A further step of the tool's: SQL. */
  step?: string;
  /** Changes the backend without changing a migration. */
  word?: string;
  inputs?: string[];
  /** Another text of main's seed. */
  seed?: string;
}

/** The tiny application with a migration command of its own instead of SQL files. */
export function commandedApp(app: CommandedApp = {}): Record<string, string> {
  const { ending = "", step, word = "", inputs = ["server/migrate.py", "server/steps.py"], seed } = app;
  return tinyApp(({ manifest, files }) => {
    const { seeds } = manifest.database;
    Object.assign(manifest, { database: { seeds } });
    Object.assign(manifest.backend, { migrate: ["/usr/bin/python3", "-B", "migrate.py"], migrateInputs: inputs });
    const more = step === undefined ? "" : `("0002", ${JSON.stringify(step)}),`;
    files["server/steps.py"] = `STEPS = [${NOTES}${more}]\n`;
    files["server/migrate.py"] = `${TOOL}${ending}\n`;
    if (seed !== undefined) files["seeds/v1.sql"] = seed;
    files["server/server.mjs"] += `// ${word}\n`;
  });
}
