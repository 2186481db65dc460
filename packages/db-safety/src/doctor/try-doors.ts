import { CONTROL_DATABASE, OperatorError, SLOTS_ROLE, slotLogin } from "@oroboros/slot-contract";
import { DatabaseError } from "pg";
import { openSession } from "../session.ts";
import { credentialsOf } from "../slot-access.ts";
import type { SlotServer } from "../slot-server.ts";
import { unrepaired, type ClusterFinding } from "./cluster-finding.ts";
import type { ClusterFacts } from "./observe-cluster.ts";

/** `pg_hba.conf` has refused; see https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const REFUSED_BEFORE_PASSWORD = "28000";

type Login = Readonly<{ login: string; password: string; database: string }>;

/**
 * Tries the logins that `pg_hba.conf` has to refuse before it asks for a password: the superuser's over TCP, and a slot's into the
 * control database. Only that can tell whether it does; nobody but a superuser may read the file.
 *
 * @throws OperatorError `unreachable` where nobody answers.
 */
export async function tryDoors(
  server: SlotServer,
  { superuser, slots, roles }: ClusterFacts,
  slotPasswordKey: string,
): Promise<ClusterFinding[]> {
  const found: ClusterFinding[] = [];
  if (!(await isShut(server, { login: superuser, password: "no password", database: "postgres" }))) {
    const message = `The superuser ${superuser} may log in over TCP, where every branch's code can try passwords.`;
    found.push(open(superuser, message, `host all ${superuser} all reject`));
  }
  // A login that may not log in at all is refused in any case, and shows nothing.
  const login = slots.find(({ slot, loginEpoch }) =>
    roles.some(({ name, can_log_in: canLogIn }) => name === slotLogin(slot, loginEpoch) && canLogIn),
  );
  if (login === undefined) return found;
  const credentials = credentialsOf(login.slot, { ...login, databaseOid: "0" }, slotPasswordKey);
  if (!(await isShut(server, { ...credentials, database: CONTROL_DATABASE }))) {
    const message = `A slot's login is asked for its password in ${CONTROL_DATABASE}, and only then refused.`;
    found.push(
      open(
        CONTROL_DATABASE,
        message,
        `host postgres,template0,template1,${CONTROL_DATABASE} +${SLOTS_ROLE} all reject`,
      ),
    );
  }
  return found;
}

const open = (subject: string, message: string, line: string): ClusterFinding =>
  unrepaired(
    "error",
    { code: "door_open", subject, message },
    `Put this before the other lines of pg_hba.conf, then as the superuser: select pg_reload_conf(). The line: ${line}`,
  );

async function isShut({ host, port }: SlotServer, as: Login): Promise<boolean> {
  try {
    const target = { host, port, ...as, searchPath: "pg_catalog", systemIdentifier: null, slot: null } as const;
    await (await openSession(target))[Symbol.asyncDispose]();
    return false;
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== "unreachable") return false;
    if (error.cause instanceof DatabaseError) return error.cause.code === REFUSED_BEFORE_PASSWORD;
    throw error;
  }
}
