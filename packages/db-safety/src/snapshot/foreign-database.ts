import {
  CONTROL_DATABASE,
  DATABASE_OWNER_ROLE,
  MIGRATOR_ROLE,
  OperatorError,
  TEMPLATE_ROLE,
  WORKER_ROLE,
} from "@oroboros/slot-contract";
import { sql } from "kysely";
import { OUR_COMMENT } from "../marker.ts";
import { parseDatabaseUrl } from "../parse-database-url.ts";
import { openSession } from "../session.ts";
import { identifierOf } from "../sessions.ts";
import type { SlotServer } from "../slot-server.ts";

/** A database of another server, or another one of ours, that a snapshot is to be taken of. It is only read. */
export type ForeignDatabase = Readonly<{ host: string; port: number; user: string; database: string }>;

/** What decides how it is dumped. */
export type ForeignFacts = Readonly<{ serverMajor: number; inRecovery: boolean; sizeBytes: number }>;

const DEFAULT_PORT = 5432;
const OUR_ROLES = [DATABASE_OWNER_ROLE, MIGRATOR_ROLE, TEMPLATE_ROLE, WORKER_ROLE];
const VERSIONS_PER_MAJOR = 10_000;
const FORM = "postgresql://user@host:port/database and nothing else, and the password into a file for --password-file";

/**
 * Takes `--from-url` apart. It names no password: what is on a command line, every user of the host can read.
 *
 * @throws OperatorError the codes of an unreadable URL; `invalid_request` for one with a password.
 */
export function parseForeignUrl(url: string): ForeignDatabase {
  const { host, port = DEFAULT_PORT, user, password, database } = parseDatabaseUrl(url, "--from-url", FORM);
  if (password !== undefined) {
    throw new OperatorError("invalid_request", "--from-url has a password, which every user of this host can read.", {
      hint: "Change that password, leave it out of the URL, and name a file that holds it with --password-file.",
    });
  }
  if (user === undefined || database === undefined) {
    throw new OperatorError("invalid_url", "--from-url names no user or no database.", {
      hint: `Write --from-url as ${FORM}.`,
    });
  }
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port, user: decodeURIComponent(user), database };
}

/**
 * Asks the server who it is, and what it would be dumped with. Spelled in whatever way, a database of the runtime is none to take a
 * snapshot of here: a slot's is copied with `--from-slot`, and the others are nobody's to look into.
 *
 * @throws OperatorError `unreachable`, `role_mismatch`, `identity_mismatch`, `snapshot_refused`.
 */
export async function inspectForeign(
  server: SlotServer,
  source: ForeignDatabase & { password: string },
): Promise<ForeignFacts> {
  const { host, port, user, database, password } = source;
  const target = { host, port, database, login: user, password, searchPath: "pg_catalog", slot: null } as const;
  await using session = await openSession({ ...target, systemIdentifier: null });
  const [live] = await session.run(sql<{
    comment: string | null;
    owner: string;
    version: string;
    in_recovery: boolean;
    bytes: string;
  }>`
    select pg_catalog.shobj_description(oid, 'pg_database') as comment, pg_catalog.pg_get_userbyid(datdba) as owner,
      pg_catalog.current_setting('server_version_num') as version, pg_catalog.pg_is_in_recovery() as in_recovery,
      pg_catalog.pg_database_size(oid)::text as bytes
    from pg_catalog.pg_database where datname = pg_catalog.current_database()`);
  if (live === undefined) throw new Error("a session is in a database");
  const isOurServer = session.systemIdentifier === (await identifierOf(server));
  const isOurs =
    database === CONTROL_DATABASE ||
    live.comment?.startsWith(OUR_COMMENT) === true ||
    (isOurServer && OUR_ROLES.some((role) => role === live.owner));
  if (isOurs) throw oneOfOurs(database);
  return {
    serverMajor: Math.floor(Number(live.version) / VERSIONS_PER_MAJOR),
    inRecovery: live.in_recovery,
    sizeBytes: Number(live.bytes),
  };
}

function oneOfOurs(database: string): OperatorError {
  return new OperatorError("snapshot_refused", `Database ${database} is the runtime's own, not an application's.`, {
    hint: "Take a snapshot of a slot's database with: oroboros db snapshot create --from-slot <slot> --version <version>",
  });
}
