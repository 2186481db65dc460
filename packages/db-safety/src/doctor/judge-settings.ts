import { connectionBudget } from "../limits/connection-budget.ts";
import { LOGIN_SECONDS } from "../provision/limit-logins.ts";
import { repairable, unrepaired, type ClusterFinding } from "./cluster-finding.ts";

/** PostgreSQL 15 is the first in which a login role is no administrator of itself, and PUBLIC may not create in `public`. */
const OLDEST_MAJOR = 15;

/**
 * The first release of each branch without a hole that somebody who may run SQL can use, as far as was known on this day. Later
 * releases may have closed more: https://www.postgresql.org/support/security/
 */
const KNOWN_ON = "2026-10-17";
const SOUND_MINORS: Readonly<Record<number, { minor: number; hole: string }>> = {
  15: { minor: 19, hole: "CVE-2026-14662" },
  16: { minor: 14, hole: "CVE-2026-6473" },
  17: { minor: 10, hole: "CVE-2026-6473" },
  18: { minor: 4, hole: "CVE-2026-6473" },
};

/** Where the server's programs are from: the runtime brought them along, or the host's packages. Only one of the two can be updated. */
export type ServerOrigin = "embedded" | "packaged";

type Settings = Readonly<Record<string, string>>;

export function judgeSettings(facts: {
  settings: Settings;
  slotCount: number;
  origin?: ServerOrigin | undefined;
}): ClusterFinding[] {
  const { settings, slotCount, origin = "packaged" } = facts;
  return [...judgeVersion(settings, origin), ...judgeValues(settings), ...judgeConnections(settings, slotCount)];
}

function judgeVersion({ server_version_num: version = "0" }: Settings, origin: ServerOrigin): ClusterFinding[] {
  const major = Math.floor(Number(version) / 10_000);
  const minor = Number(version) % 10_000;
  const subject = `PostgreSQL ${major}.${minor}`;
  if (major < OLDEST_MAJOR) {
    const message = `${subject} is older than ${OLDEST_MAJOR}: there, a login may make others members of itself.`;
    return [
      unrepaired(
        "error",
        { code: "version_unsupported", subject, message },
        `Install PostgreSQL ${OLDEST_MAJOR} or later.`,
      ),
    ];
  }
  const sound = SOUND_MINORS[major];
  if (sound === undefined || minor >= sound.minor) return [];
  const message = `${subject} has holes that code of a branch can use, ${sound.hole} among them, closed in ${major}.${sound.minor} (as known on ${KNOWN_ON}).`;
  const hint = HOW_TO_UPDATE[origin](major, sound.minor);
  return [unrepaired("warning", { code: "version_vulnerable", subject, message }, hint)];
}

const HOW_TO_UPDATE: Readonly<Record<ServerOrigin, (major: number, minor: number) => string>> = {
  packaged: (major) => `Update it, on Debian with: apt-get install --only-upgrade postgresql-${major}`,
  // It is linked into the installation when that is made, and `runtime up` leaves it as it is.
  embedded: (major, minor) =>
    `It came with this installation, and no package of the host updates it. Publish only branches that you trust, until a release of the runtime brings ${major}.${minor}: then make a new installation with: oroboros runtime up --root <directory>`,
};

function judgeValues(settings: Settings): ClusterFinding[] {
  const {
    password_encryption: encryption,
    max_prepared_transactions: prepared,
    authentication_timeout: login,
  } = settings;
  const found: ClusterFinding[] = [];
  if (encryption !== "scram-sha-256") {
    found.push(
      wrong(
        "password_encryption",
        `is ${encryption}: a password that is set is stored as less than SCRAM.`,
        "'scram-sha-256'",
      ),
    );
  }
  if (Number(login) > LOGIN_SECONDS) {
    found.push(
      wrong(
        "authentication_timeout",
        `is ${login} seconds: a login that does not go on holds up every slot's reset.`,
        `'${LOGIN_SECONDS}s'`,
      ),
    );
  }
  if (Number(prepared) > 0) {
    const message = `max_prepared_transactions is ${prepared}: with a prepared transaction a slot keeps its database from ever being replaced.`;
    const hint = "As the superuser: alter system set max_prepared_transactions = 0; then start PostgreSQL again.";
    found.push(unrepaired("error", { code: "setting_wrong", subject: "max_prepared_transactions", message }, hint));
  }
  return found;
}

const wrong = (name: string, message: string, value: string): ClusterFinding =>
  repairable(
    { code: "setting_wrong", subject: name, message: `${name} ${message}` },
    `alter system set ${name} = ${value}; select pg_reload_conf()`,
  );

/** Of a server that is too small, the slots together could take every session that the runtime needs. */
export function judgeConnections(settings: Settings, slotCount: number): ClusterFinding[] {
  const { max_connections: most, superuser_reserved_connections: kept, reserved_connections: reserved } = settings;
  const available = Number(most) - Number(kept ?? 0) - Number(reserved ?? 0);
  const needed = connectionBudget(slotCount);
  if (available >= needed) return [];
  const message = `max_connections leaves ${available} sessions, and ${slotCount} slots need ${needed}: slots could keep the runtime from connecting.`;
  const enough = needed + Number(most) - available;
  const hint = `As the superuser: alter system set max_connections = ${enough}; then start PostgreSQL again.`;
  return [unrepaired("error", { code: "connections_too_few", subject: "max_connections", message }, hint)];
}
