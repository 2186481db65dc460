import { httpProbe } from "@oroboros/health-probe";
import {
  apiPort,
  backendPort,
  frontendPort,
  isHealthy,
  loopbackUrl,
  slotAlias,
  slotIds,
  workerPort,
  type HealthReport,
  type RuntimeContract,
  type ServiceHealth,
} from "@oroboros/slot-contract";
import type { ApiContext } from "./api-context.ts";
import { standingReleases } from "./standing-releases.ts";

const LOOK_MS = 1_000;

interface Service {
  service: string;
  url: string;
}

/** Asks every service of this host for its health, all at once; none is followed anywhere else. */
export async function lookAtHost(context: ApiContext): Promise<HealthReport> {
  const ask = context.fetch ?? globalThis.fetch;
  const [services, releases] = await Promise.all([
    Promise.all(servicesOf(context.contract).map((service) => lookAt(service, ask))),
    standingReleases(context),
  ]);
  return {
    ok: isHealthy(services),
    scope: "all",
    checked_at: new Date().toISOString(),
    release_id: releases.find(({ state }) => state === "current")?.release_id ?? null,
    services,
  };
}

function servicesOf(contract: RuntimeContract): Service[] {
  const at = (service: string, port: number, path: string): Service => ({ service, url: loopbackUrl(port) + path });
  return [
    at("api", apiPort(contract), "/health/ready"),
    at("worker", workerPort(contract), "/health"),
    ...slotIds(contract).flatMap((slot) => [
      at(`web@${slotAlias(slot)}`, frontendPort(contract, slot), "/health"),
      at(`preview-backend@${slotAlias(slot)}`, backendPort(contract, slot), "/health"),
    ]),
  ];
}

async function lookAt({ service, url }: Service, ask: typeof fetch): Promise<ServiceHealth> {
  const startedAt = performance.now();
  const { healthy, detail } = await httpProbe({ name: service, url, fetch: ask }).check(AbortSignal.timeout(LOOK_MS));
  return {
    service,
    // The process driver has no units; which driver started it, the api does not know.
    unit: null,
    target: url,
    status: healthy ? "healthy" : "unhealthy",
    detail: healthy ? null : detail,
    next: null,
    duration_ms: Math.round(performance.now() - startedAt),
  };
}
