import {
  apiHost,
  apiPort,
  apiUnit,
  appHost,
  backendPort,
  backendUnit,
  caddyPort,
  caddyUnit,
  frontendPort,
  loopbackUrl,
  previewHost,
  slotAlias,
  slotIds,
  surfaceUnit,
  webMainPort,
  webMainUnit,
  workerHost,
  workerPort,
  workerUnit,
  type HealthScope,
  type RuntimeContract,
  type SlotId,
} from "@oroboros/slot-contract";
import { POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT } from "@oroboros/slot-contract/host";
import type { ServiceTopology } from "./service-topology.ts";

/** A site that nobody has: whoever answers anything but 404 for it is not the proxy of this contract. */
const UNKNOWN_SITE = "unknown.invalid";

/** Who has to be the one that answers. */
export type Expected = Readonly<
  | { kind: "service"; name: string }
  /** The api by itself, with everything that its answers need: its `/health` answers while none of that is there. */
  | { kind: "ready-api" }
  | { kind: "surface"; slot: SlotId | null }
  | { kind: "anyone" }
  | { kind: "refusal" }
>;

export type Ask = Readonly<
  | { kind: "postgres" }
  | { kind: "redis" }
  | { kind: "http"; port: number; path: string; site: string | null; expected: Expected }
>;

/** One thing to ask, and whose fault it is where that fails. */
export interface ServiceCheck {
  service: string;
  /** The systemd unit, and the log on an embedded installation. */
  unit: string;
  log: string;
  slot: SlotId | null;
  target: string;
  ask: Ask;
}

/** Everything that has to answer, in the order in which it depends on each other. `paths`: where a backend says how it is. */
export function serviceChecks(
  contract: RuntimeContract,
  topology: ServiceTopology,
  { scope, paths }: { scope: HealthScope; paths: ReadonlyMap<SlotId, string> },
): ServiceCheck[] {
  return [
    ...(scope === "slots" ? [] : productionChecks(contract, topology)),
    ...(scope === "production" ? [] : slotIds(contract).flatMap((slot) => slotChecks(contract, topology, slot, paths))),
  ];
}

function productionChecks(contract: RuntimeContract, topology: ServiceTopology): ServiceCheck[] {
  const { postgres, redisUrl, hasProxy } = topology;
  const api = { service: "api", unit: apiUnit(contract), log: "api", slot: null };
  const worker = { service: "worker", unit: workerUnit(contract), log: "worker", slot: null };
  const main = { service: "web@main", unit: webMainUnit(contract), log: "web-main", slot: null };
  const ofMain: Expected = { kind: "surface", slot: null };
  return [
    {
      service: "postgres",
      unit: POSTGRES_CLUSTER_UNIT,
      log: "postgres",
      slot: null,
      target: `postgresql://${postgres.host}:${postgres.port}/${postgres.database}`,
      ask: { kind: "postgres" },
    },
    ...redisCheck(redisUrl),
    { ...api, ...direct(apiPort(contract), { kind: "ready-api" }, "/health/ready") },
    { ...worker, ...direct(workerPort(contract), isService("worker")) },
    ...(hasProxy
      ? [
          { ...main, ...direct(webMainPort(contract), ofMain) },
          proxyCheck(contract),
          { ...main, ...routed(contract, appHost(contract), ofMain) },
          { ...api, ...routed(contract, apiHost(contract), isService("api")) },
          { ...worker, ...routed(contract, workerHost(contract), isService("worker")) },
        ]
      : []),
  ];
}

function slotChecks(
  contract: RuntimeContract,
  { hasProxy }: ServiceTopology,
  slot: SlotId,
  paths: ReadonlyMap<SlotId, string>,
): ServiceCheck[] {
  const alias = slotAlias(slot);
  const surface = { service: `web@${alias}`, unit: surfaceUnit(contract, slot), log: `web-${alias}`, slot };
  const isItsOwn: Expected = { kind: "surface", slot };
  return [
    { ...surface, ...direct(frontendPort(contract, slot), isItsOwn) },
    ...(hasProxy ? [{ ...surface, ...routed(contract, previewHost(contract, slot), isItsOwn) }] : []),
    backendCheck(contract, slot, paths.get(slot)),
  ];
}

/** The backend of a slot, for whoever checks slots alone as well. */
export const backendCheck = (contract: RuntimeContract, slot: SlotId, path?: string): ServiceCheck => ({
  service: `preview-backend@${slotAlias(slot)}`,
  unit: backendUnit(contract, slot),
  log: `preview-backend/${slot}`,
  slot,
  ...direct(backendPort(contract, slot), { kind: "anyone" }, path),
});

const isService = (name: string): Expected => ({ kind: "service", name });

/** The surface of a slot by way of the proxy, for whoever checks slots alone. */
export const routedSurface = (contract: RuntimeContract, slot: SlotId): Pick<ServiceCheck, "target" | "ask"> =>
  routed(contract, previewHost(contract, slot), { kind: "surface", slot });

function direct(port: number, expected: Expected, path = "/health"): Pick<ServiceCheck, "target" | "ask"> {
  return { target: loopbackUrl(port) + path, ask: { kind: "http", port, path, site: null, expected } };
}

function routed(contract: RuntimeContract, site: string, expected: Expected): Pick<ServiceCheck, "target" | "ask"> {
  const port = caddyPort(contract);
  const path = "/health";
  return { target: `${loopbackUrl(port)}${path} (${site})`, ask: { kind: "http", port, path, site, expected } };
}

function proxyCheck(contract: RuntimeContract): ServiceCheck {
  const asked = routed(contract, UNKNOWN_SITE, { kind: "refusal" });
  return { service: "caddy", unit: caddyUnit(contract), log: "caddy", slot: null, ...asked };
}

function redisCheck(redisUrl: string | undefined): ServiceCheck[] {
  if (redisUrl === undefined) return [];
  const target = `redis://${new URL(redisUrl).host}`;
  return [{ service: "redis", unit: REDIS_SERVER_UNIT, log: "redis", slot: null, target, ask: { kind: "redis" } }];
}
