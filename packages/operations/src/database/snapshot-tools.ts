import { runCommand } from "@oroboros/host";
import { OperatorError } from "@oroboros/slot-contract";

export type PgTools = Readonly<{ directory: string; major: number }>;

const DEADLINE_MS = 10_000;
/** Older ones are in no distribution that is still kept. */
const OLDEST_PACKAGED = 15;

/**
 * Finds PostgreSQL's client programs for a server of this version: the oldest that are not older than it, because what a newer
 * `pg_restore` sets, an older server may not know.
 *
 * @throws OperatorError `pg_tools_missing`, `pg_tools_too_old`.
 */
export async function findPgTools(directories: readonly string[], serverMajor: number): Promise<PgTools> {
  const found = (await Promise.all(directories.map(toolsIn))).filter((tools) => tools !== undefined);
  const usable = found.filter(({ major }) => major >= serverMajor).toSorted((a, b) => a.major - b.major);
  if (usable[0] !== undefined) return usable[0];
  const hint = `Install them with: apt-get install postgresql-client-${Math.max(OLDEST_PACKAGED, serverMajor)}`;
  if (found.length === 0) {
    const where = directories.join(", ");
    throw new OperatorError("pg_tools_missing", `There is no pg_dump with a pg_restore in ${where}.`, { hint });
  }
  const newest = Math.max(...found.map(({ major }) => major));
  throw new OperatorError(
    "pg_tools_too_old",
    `The server is PostgreSQL ${serverMajor}, and the newest pg_dump of this host is ${newest}.`,
    { hint },
  );
}

async function toolsIn(directory: string): Promise<PgTools | undefined> {
  const [dump, restore] = await Promise.all([majorOf(`${directory}/pg_dump`), majorOf(`${directory}/pg_restore`)]);
  return dump === undefined || dump !== restore ? undefined : { directory, major: dump };
}

async function majorOf(program: string): Promise<number | undefined> {
  try {
    const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
    const { stdout } = await runCommand({ argv: [program, "--version"], cwd: "/", env, timeoutMs: DEADLINE_MS });
    const major = /\(PostgreSQL\) ([0-9]+)/.exec(stdout)?.[1];
    return major === undefined ? undefined : Number(major);
  } catch (error) {
    if (error instanceof OperatorError && error.code === "start_failed") return undefined;
    throw error;
  }
}
