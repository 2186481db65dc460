import { askProgram } from "./ask-program.ts";
import { worthKnowing, wrong, type DoctorFinding } from "./doctor-report.ts";

/** Settings by their names; undefined where the server does not tell. */
export type RedisSettings = Readonly<Record<string, string>>;

const ASKED = ["save", "appendonly", "maxmemory", "maxmemory-policy", "bind", "protected-mode"];
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

/** As redis-cli asks, with the password in its environment, where nobody else reads it. */
export async function observeRedis(redisUrl: string): Promise<RedisSettings | undefined> {
  const { hostname, port, username, password } = new URL(redisUrl);
  const login = username === "" ? [] : ["--user", decodeURIComponent(username)];
  const address = ["-h", hostname, "-p", port === "" ? "6379" : port, ...login] as const;
  const secret = { REDISCLI_AUTH: decodeURIComponent(password) };
  const { ok, stdout } = await askProgram(
    ["redis-cli", "--no-auth-warning", ...address, "CONFIG", "GET", ...ASKED],
    password === "" ? {} : secret,
  );
  const lines = ok ? stdout.split("\n") : [];
  const pairs = ASKED.flatMap((name) => {
    const at = lines.indexOf(name);
    return at === -1 ? [] : [[name, lines[at + 1] ?? ""] as const];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

export function judgeRedis(settings: RedisSettings | undefined): DoctorFinding[] {
  if (settings === undefined) {
    const message = "Redis does not tell its settings: it is down, or wants another login than REDIS_URL has.";
    return [wrong({ code: "redis_silent", subject: "redis", message, hint: "systemctl status redis-server.service" })];
  }
  return [...judgePersistence(settings), ...judgeMemory(settings), ...judgeBinding(settings)];
}

function judgePersistence({ save = "", appendonly: log }: RedisSettings): DoctorFinding[] {
  if (save !== "" || log === "yes") return [];
  const message =
    "Redis keeps nothing on disk: after its restart queued runs wait for the worker's next round. None is lost.";
  return [
    worthKnowing({
      code: "redis_forgets",
      subject: "save",
      message,
      hint: "redis-cli CONFIG SET appendonly yes && redis-cli CONFIG REWRITE",
    }),
  ];
}

/** BullMQ has no keys that may go. */
function judgeMemory({ maxmemory = "0", "maxmemory-policy": policy = "noeviction" }: RedisSettings): DoctorFinding[] {
  if (maxmemory === "0" || policy === "noeviction") return [];
  const message = `Redis drops keys of the queue where it has no memory left (maxmemory-policy ${policy}).`;
  const hint = "redis-cli CONFIG SET maxmemory-policy noeviction && redis-cli CONFIG REWRITE";
  return [wrong({ code: "redis_evicts", subject: "maxmemory-policy", message, hint })];
}

function judgeBinding({ bind = "", "protected-mode": protectedMode }: RedisSettings): DoctorFinding[] {
  const open = bind.split(/\s+/).filter((address) => address !== "" && !LOOPBACK.includes(address.replace(/^-/, "")));
  if (open.length === 0 && bind !== "") return [];
  const message = `Redis listens on ${bind === "" ? "every address" : open.join(", ")}${protectedMode === "yes" ? "" : ", and protected-mode is off"}.`;
  const hint = "redis-cli CONFIG SET bind '127.0.0.1 -::1' && redis-cli CONFIG REWRITE";
  return [wrong({ code: "redis_open", subject: "bind", message, hint })];
}
