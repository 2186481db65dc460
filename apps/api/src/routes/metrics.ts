import { readCoreMetrics, readTallies } from "@oroboros/control-store";
import { coreMetricsQuerySchema } from "@oroboros/slot-contract";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { exposition, EXPOSITION_TYPE } from "../metrics/exposition.ts";
import { BOUNDS, installationMetrics } from "../metrics/installation-metrics.ts";
import { keepReading } from "../metrics/keep-reading.ts";
import type { RequestTally } from "../metrics/request-tally.ts";
import { parseQuery } from "../parse-request.ts";

/** Counting walks all events there are, so that several scrapers, or an eager one, share it. */
const TALLIES_KEPT_MS = 10_000;

export function metricsRoutes(api: Api, { store }: ApiContext, requests: RequestTally): void {
  const viewer = authenticate(store, "viewer");
  const tallies = keepReading(() => readTallies(store, BOUNDS), { ms: TALLIES_KEPT_MS, now: () => performance.now() });

  api.get("/api/metrics/core", viewer, async (c) => {
    const { window_hours: windowHours } = parseQuery(c, coreMetricsQuerySchema);
    return c.json(await readCoreMetrics(store, windowHours));
  });

  api.get("/metrics", viewer, async (c) => {
    const metrics = [...installationMetrics(await tallies()), ...requests.metrics()];
    return c.body(exposition(metrics), 200, { "content-type": EXPOSITION_TYPE });
  });
}
