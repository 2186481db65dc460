import {
  asUser,
  chownTree,
  linkTree,
  makeDirectory,
  runCommand,
  writeFileAtomic,
  type CommandResult,
} from "@oroboros/host";
import {
  CONTROL_DATABASE,
  OperatorError,
  postgresDataPath,
  SLOTS_ROLE,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { ownerOf, postgresRuntime } from "./embedded-installation.ts";

const INITDB_TIMEOUT_MS = 60_000;
/** initdb refuses a uid that has no account (initdb.c asks for its name), so it runs as `nobody`, which every Linux has. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const SUPERUSER = "postgres";

/**
 * The superuser only comes in through the socket, which only root and the server's user can reach; everyone else by password, and a
 * slot's login into no database but slots'.
 */
export const HOST_BASED_AUTHENTICATION = `
local all ${SUPERUSER}                scram-sha-256
host  all ${SUPERUSER} 127.0.0.1/32   reject
host  postgres,template0,template1,${CONTROL_DATABASE} +${SLOTS_ROLE} 127.0.0.1/32 reject
host  all all          127.0.0.1/32   scram-sha-256
`;

/** Stages PostgreSQL and makes the data directory of an embedded installation. */
export async function initializePostgres(
  contract: RuntimeContract,
  options: { programs: string; superuserPassword: string; isolated: boolean },
): Promise<void> {
  const { superuserPassword, isolated } = options;
  await linkTree(options.programs, postgresRuntime(contract));
  const data = postgresDataPath(contract);
  const passwordFile = `${data}.password`;
  const owner = isolated ? NOBODY : undefined;
  makeDirectory(data, { mode: 0o700, owner });
  await writeFileAtomic(passwordFile, superuserPassword, { mode: 0o600 });
  if (isolated) chownTree(passwordFile, NOBODY);
  const initdb = [
    `${postgresRuntime(contract)}/bin/initdb`,
    ...["-D", data, "-U", SUPERUSER, "--pwfile", passwordFile, "--auth", "scram-sha-256"],
    ...["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions"],
  ] as const;
  const result = await runCommand({
    argv: isolated ? asUser(NOBODY, [...initdb]) : [...initdb],
    cwd: data,
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" },
    timeoutMs: INITDB_TIMEOUT_MS,
  });
  if (result.exitCode !== 0) throw initdbFailed(result);
  await writeFileAtomic(`${data}/pg_hba.conf`, HOST_BASED_AUTHENTICATION, { mode: 0o600 });
  if (isolated) chownTree(data, ownerOf(contract, "postgres"));
}

function initdbFailed(result: CommandResult): OperatorError {
  return new OperatorError(
    "start_failed",
    `PostgreSQL could not be initialised:\n${result.stderr.trim().slice(-2_000)}`,
    {
      hint: "Its directory has to be reachable by other users (try one below /var/tmp), a plain user needs an account, and the disk some free space.",
    },
  );
}
