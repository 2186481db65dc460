import { settingsAwaitingRestart } from "@oroboros/db-safety";
import { runGate } from "@oroboros/health-probe";
import { postgresProbe } from "@oroboros/health-probe/postgres";
import { type CONTROL_DATABASE, OperatorError, postgresPort } from "@oroboros/slot-contract";
import { POSTGRES_CLUSTER_UNIT, POSTGRES_USER } from "@oroboros/slot-contract/host";
import type { Clock } from "../../context.ts";
import { showUnits } from "../../health/show-units.ts";
import { systemctl } from "../systemctl.ts";
import { SETTINGS_FILE, SOCKET_DIRECTORY } from "./postgres-texts.ts";

const POLICY = { deadlineMs: 30_000, intervalMs: 50, consecutivePasses: 1 };

/** How root reaches the host's server as its superuser: by the socket, without a password. */
export const superuserUrl = (database: "postgres" | typeof CONTROL_DATABASE = "postgres"): string =>
  `postgresql://${POSTGRES_USER}@127.0.0.1:${postgresPort()}/${database}?host=${encodeURIComponent(SOCKET_DIRECTORY)}`;

/**
 * Lets the host's PostgreSQL run with the settings that its files have now. It is started again only where a setting takes that.
 *
 * @returns what was done.
 * @throws OperatorError `unit_failed`, `unreachable`.
 */
export async function readyPostgres(clock: Clock, { isChanged }: { isChanged: boolean }): Promise<string[]> {
  const shown = await showUnits([POSTGRES_CLUSTER_UNIT], ["ActiveState"]);
  const done: string[] = [];
  const act = async (verb: "start" | "reload" | "restart", why: string): Promise<void> => {
    await systemctl(verb, POSTGRES_CLUSTER_UNIT);
    done.push(why);
  };
  if (shown?.get(POSTGRES_CLUSTER_UNIT)?.["ActiveState"] !== "active") await act("start", "started PostgreSQL");
  else if (isChanged) await act("reload", "let PostgreSQL read its settings again");
  await awaitPostgres(clock);
  const waiting = await settingsAwaitingRestart({ superuserUrl: superuserUrl(), file: SETTINGS_FILE });
  if (waiting.length === 0) return done;
  await act("restart", `started PostgreSQL again for ${waiting.join(", ")}`);
  await awaitPostgres(clock);
  return done;
}

/** Also after a reload, which the server carries out in its own time: until then root is let in by the old rules, that is not at all. */
async function awaitPostgres(clock: Clock): Promise<void> {
  const probe = postgresProbe({ name: "postgres", connectionString: superuserUrl() });
  const gate = await runGate({ probes: [probe], policy: POLICY, clock });
  if (gate.passed) return;
  const answers = gate.answers.map(({ detail }) => detail).join("; ");
  throw new OperatorError("unreachable", `root does not reach PostgreSQL through ${SOCKET_DIRECTORY}: ${answers}.`, {
    hint: `Look at it with: pg_lsclusters and journalctl --no-pager -n 50 -u ${POSTGRES_CLUSTER_UNIT}`,
  });
}
