import { readCoreMetrics, readTallies } from "@oroboros/control-store";
import { coreMetricsQuerySchema } from "@oroboros/slot-contract";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { exposition, EXPOSITION_TYPE } from "../metrics/exposition.ts";
import { BOUNDS, installationMetrics } from "../metrics/installation-metrics.ts";
import type { RequestTally } from "../metrics/request-tally.ts";
import { parseQuery } from "../parse-request.ts";

export function metricsRoutes(api: Api, { store }: ApiContext, requests: RequestTally): void {
  const viewer = authenticate(store, "viewer");

  api.get("/api/metrics/core", viewer, async (c) => {
    const { window_hours: windowHours } = parseQuery(c, coreMetricsQuerySchema);
    return c.json(await readCoreMetrics(store, windowHours));
  });

  api.get("/metrics", viewer, async (c) => {
    const metrics = [...installationMetrics(await readTallies(store, BOUNDS)), ...requests.metrics()];
    return c.body(exposition(metrics), 200, { "content-type": EXPOSITION_TYPE });
  });
}
