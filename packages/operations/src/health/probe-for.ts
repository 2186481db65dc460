import type { Probe } from "@oroboros/health-probe";
import {
  postgresReadyProbe,
  redisProbe,
  siteProbe,
  type Connect,
  type SiteAnswer,
} from "@oroboros/health-probe/servers";
import { readinessSchema } from "@oroboros/slot-contract";
import type { Expected, ServiceCheck } from "./service-checks.ts";
import type { ServiceTopology } from "./service-topology.ts";

/** Longer than the proxy holds a request for an upstream that starts again: its own answer says more than none. */
export const PROBE_TIMEOUT_MS = 6_000;

const LOOPBACK = "127.0.0.1";
const NOT_FOUND = 404;
const UNAVAILABLE = 503;
const SURFACE = "web-surface";

/** Asks what a check says over a connection of its own, and starts no process. */
export function probeFor(
  { service: name, target, ask }: Pick<ServiceCheck, "service" | "target" | "ask">,
  { postgres, redisUrl }: Pick<ServiceTopology, "postgres" | "redisUrl">,
  connect: Connect,
): Probe {
  if (ask.kind === "postgres") return postgresReadyProbe({ name, ...postgres, connect });
  if (ask.kind === "redis") return redisProbe({ name, url: redisUrl ?? "", connect });
  const { port, path, site, expected } = ask;
  const isRefusal = expected.kind === "refusal";
  return siteProbe({
    name,
    target,
    host: LOOPBACK,
    port,
    path,
    site: site ?? `${LOOPBACK}:${port}`,
    connect,
    judge: (answer) => objectionTo(expected, answer),
    ...(isRefusal ? { accepts: () => true } : {}),
    ...(expected.kind === "ready-api" ? { accepts: isOfReadiness } : {}),
  });
}

function objectionTo(expected: Expected, { status, body }: SiteAnswer): string | undefined {
  if (expected.kind === "anyone") return undefined;
  if (expected.kind === "refusal")
    return status === NOT_FOUND ? undefined : `answered ${status} for a site that nobody has, and not ${NOT_FOUND}`;
  if (expected.kind === "ready-api") return objectionToReadiness(status, body);
  const who = whoSays(body);
  if (expected.kind === "service")
    return who === expected.name ? undefined : `is answered by ${who} and not by the ${expected.name}`;
  const wanted = expected.slot ?? "main";
  return who === `the surface of ${wanted}` ? undefined : `is answered by ${who} and not by the surface of ${wanted}`;
}

/** 503 carries what is missing. */
const isOfReadiness = (status: number): boolean => status === UNAVAILABLE || (status >= 200 && status < 300);

const MISSING = {
  postgres: "its control database does not let it in",
  dispatcher: "its queue does not answer",
  disk: "its disk is full",
} as const;

function objectionToReadiness(status: number, body: string): string | undefined {
  const { success, data } = readinessSchema.safeParse(fieldsOf(body));
  if (!success)
    return status === UNAVAILABLE ? `answered ${status}` : `is answered by ${whoSays(body)} and not by the api`;
  if (data.status === "ok") return undefined;
  const missing = (["postgres", "dispatcher", "disk"] as const).filter((name) => !data[name]);
  return `answered ${status}, not ready: ${missing.map((name) => MISSING[name]).join(", ")}`;
}

/** A surface that belongs to no slot is production's own. */
function whoSays(body: string): string {
  const { service, slot_id: slot } = fieldsOf(body);
  if (typeof service !== "string") return "something else";
  if (service !== SURFACE) return service;
  return `the surface of ${typeof slot === "string" ? slot : "main"}`;
}

function fieldsOf(body: string): { service?: unknown; slot_id?: unknown } {
  try {
    const said: unknown = JSON.parse(body);
    return typeof said === "object" && said !== null ? said : {};
  } catch {
    return {};
  }
}
