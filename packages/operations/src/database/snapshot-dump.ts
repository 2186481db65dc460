import type { ForeignDatabase, ForeignFacts, RestoreTarget } from "@oroboros/db-safety";
import { makeDirectory, removeTree, runCommand, writeFileAtomic } from "@oroboros/host";
import { OperatorError } from "@oroboros/slot-contract";
import type { PgTools } from "./snapshot-tools.ts";

/** As long as the largest database takes. */
const DEADLINE_MS = 6 * 3_600_000;
const LOCK_WAIT_MS = 60_000;
const REASON_LENGTH = 500;
/** Else a dump goes on for hours after whoever asked for it was killed. */
const ENDS_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"] as const;
/** Who owns what and who may what is decided here; what else a server has beside a database's data stays there. */
const DATA_ONLY = [
  ...["--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions"],
  ...["--no-security-labels", "--no-tablespaces", "--no-password"],
];

type Dump = Readonly<{ tools: PgTools; directory: string; signal?: AbortSignal | undefined }>;
type Login = ForeignDatabase & Readonly<{ password: string }>;

/** A directory that only this user may enter, gone with whoever asked for it. */
export async function privateDirectory(path: string): Promise<AsyncDisposable> {
  await removeTree(path);
  makeDirectory(path, { mode: 0o700 });
  return { [Symbol.asyncDispose]: () => removeTree(path) };
}

/**
 * Dumps a database in one read-only transaction, which sees one state of it and keeps nobody from writing.
 *
 * @throws OperatorError `snapshot_failed`.
 */
export async function dumpDatabase(source: Login, { inRecovery }: ForeignFacts, dump: Dump): Promise<void> {
  // A standby knows no such transactions; its own are read-only anyway.
  const steady = inRecovery ? [] : ["--serializable-deferrable"];
  const what = ["--format=custom", ...steady, ...DATA_ONLY, `--lock-wait-timeout=${LOCK_WAIT_MS}`];
  await runTool(dump, source, {
    tool: "pg_dump",
    argv: [...what, `--file=${fileIn(dump)}`, ...connection(source)],
    options: "-c default_transaction_read_only=on",
  });
}

/**
 * Restores what was dumped: all of it or nothing.
 *
 * @throws OperatorError `snapshot_failed`.
 */
export async function restoreDump(target: RestoreTarget, dump: Dump): Promise<void> {
  const how = ["--exit-on-error", "--single-transaction", ...DATA_ONLY];
  await runTool(dump, target, {
    tool: "pg_restore",
    argv: [...how, ...connection(target), fileIn(dump)],
    options: "",
  });
}

const fileIn = ({ directory }: Dump): string => `${directory}/dump`;

const connection = ({ host, port, user, database }: ForeignDatabase): string[] => [
  ...[`--host=${host}`, `--port=${port}`, `--username=${user}`, `--dbname=${database}`],
];

/**
 * With an environment of its own, and the password in a file: who lists processes sees neither. What a tool has to say may quote rows of
 * the database, so only the line that says what it failed at is told.
 */
async function runTool(
  { tools, directory, signal }: Dump,
  login: Login,
  { tool, argv, options }: { tool: "pg_dump" | "pg_restore"; argv: string[]; options: string },
): Promise<void> {
  const passwords = `${directory}/pgpass`;
  await writeFileAtomic(passwords, `*:*:*:*:${login.password.replace(/[\\:]/g, "\\$&")}\n`, { mode: 0o600 });
  const { exitCode, stderr, timedOut } = await runCommand({
    argv: [...ENDS_WITH_US, `${tools.directory}/${tool}`, ...argv],
    cwd: directory,
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", HOME: directory, PGPASSFILE: passwords, PGOPTIONS: options },
    timeoutMs: DEADLINE_MS,
    signal,
  });
  signal?.throwIfAborted();
  if (exitCode === 0) return;
  const said = /^pg_\w+: error: (.*)$/m.exec(stderr)?.[1]?.slice(0, REASON_LENGTH) ?? "it gave no reason";
  const reason = timedOut ? `it did not end within ${DEADLINE_MS / 3_600_000} hours` : withoutPassword(said, login);
  throw new OperatorError("snapshot_failed", `${tool} failed on database ${login.database}: ${reason}.`, {
    hint: "Nothing of the snapshot was kept. Extensions have to be ones that PostgreSQL trusts, and the user has to be let to read all tables.",
  });
}

const withoutPassword = (text: string, { password }: Login): string =>
  password === "" ? text : text.replaceAll(password, "...");
