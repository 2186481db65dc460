import { appendEvent, finishAttempt, recordReset } from "@oroboros/control-store";
import { coreMetricsSchema } from "@oroboros/slot-contract";
import { afterEach, expect, test } from "vitest";
import { exposition } from "../metrics/exposition.ts";
import { parseExposition, type ParsedMetric } from "../testing/parse-exposition.ts";
import { aLiveRun, aRun, useApi } from "../testing/use-api.ts";

const api = useApi();
afterEach(() => api.clear());

test("the core metrics are what the contract says", async () => {
  await aRun(api.store);
  const answer = await api.call("/api/metrics/core", { as: "viewer" });
  expect(coreMetricsSchema.parse(answer.body)).toMatchObject({ window_hours: 24, queue_depth: 1, slots_total: 3 });
  expect((await api.call("/api/metrics/core?window_hours=1.5")).body).toMatchObject({ window_hours: 1.5 });
  for (const hours of ["0", "721", "day"]) {
    expect((await api.call(`/api/metrics/core?window_hours=${hours}`)).status).toBe(400);
  }
});

test("Prometheus' text says what waits, what is held, and what happened", async () => {
  const { run, lease } = await aLiveRun(api.store);
  await aRun(api.store);
  await appendEvent(api.store, { runId: run.runId, eventType: "step_finished", detail: { step: "migration", ms: 40 } });
  await appendEvent(api.store, { runId: run.runId, eventType: "step_failed", detail: { step: "smoke", ms: 7_000 } });
  await appendEvent(api.store, { runId: run.runId, eventType: "lease_expired", detail: {} });
  await recordReset(api.store, { ...RESET, ...lease, details: { duration_ms: 8 } });
  await finishAttempt(api.store, { lease, attempt: 1, end: { status: "canceled" } });
  const metrics = await scrapeAnew();
  expect(valueOf(metrics, "oroboros_queue_depth")).toBe(1);
  expect(valueOf(metrics, "oroboros_slots", { state: "held" })).toBe(1);
  expect(valueOf(metrics, "oroboros_slot_utilisation_ratio")).toBeCloseTo(1 / 3);
  expect(valueOf(metrics, "oroboros_lease_expiries_total")).toBe(1);
  expect(valueOf(metrics, "oroboros_step_failures_total", { step: "smoke" })).toBe(1);
  expect(valueOf(metrics, "oroboros_runs", { status: "merged" })).toBe(0);
  const steps = metrics.get("oroboros_step_duration_seconds");
  expect(steps?.type).toBe("histogram");
  const smoke = steps?.samples.filter(({ labels }) => labels["step"] === "smoke") ?? [];
  expect(smoke.filter(({ labels }) => Number(labels["le"]) < 7).every(({ value }) => value === 0)).toBe(true);
  expect(smoke.find(({ labels }) => labels["le"] === "+Inf")?.value).toBe(1);
  expect(smoke.find(({ name }) => name.endsWith("_sum"))?.value).toBe(7);
  const resets = metrics.get("oroboros_database_reset_duration_seconds")?.samples ?? [];
  expect(resets.find(({ labels }) => labels["le"] === "0.01")).toMatchObject({ value: 1 });
  for (const outcome of ["succeeded", "failed", "rolled_back"]) {
    expect(valueOf(metrics, "oroboros_deploys_total", { outcome })).toBe(0);
  }
});

test("requests are counted by route and status, however many paths and methods are asked for", async () => {
  const { runId } = await aRun(api.store);
  const first = seriesOf(await scrape());
  for (let asked = 0; asked < 20; asked += 1) {
    await api.call(`/api/runs/00000000-0000-4000-8000-0000000000${String(asked).padStart(2, "0")}`);
    await api.call(`/nothing/${asked}`);
    await api.call(`/api/runs/${runId}`, { method: `M${asked}` });
  }
  const metrics = await scrape();
  expect(
    valueOf(metrics, "oroboros_http_requests_total", { route: "/api/runs/:id", status: "404", method: "GET" }),
  ).toBe(20);
  expect(seriesOf(metrics) - first).toBeLessThan(12);
  expect(JSON.stringify([...metrics])).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}|nothing/);
});

test("a restarted api has lost nothing but the count of its own requests", async () => {
  const { run } = await aLiveRun(api.store);
  await appendEvent(api.store, { runId: run.runId, eventType: "step_finished", detail: { step: "checkout", ms: 4 } });
  const restarted = api.with({});
  const ofInstallation = (metrics: Map<string, ParsedMetric>) =>
    [...metrics].filter(([name]) => !name.includes("_http_"));
  const again = parseExposition((await api.call("/metrics", { api: restarted })).text);
  expect(ofInstallation(again)).toEqual(ofInstallation(await scrapeAnew()));
  expect(again.get("oroboros_http_requests_total")?.samples).toEqual([]);
});

test("however often it is scraped, the database counts once in ten seconds", async () => {
  await aRun(api.store);
  const scraped = api.with({});
  const queued = async () => {
    const answer = await api.call("/metrics", { as: "viewer", api: scraped });
    return valueOf(parseExposition(answer.text), "oroboros_queue_depth");
  };
  expect(await Promise.all([queued(), queued()])).toEqual([1, 1]);
  await aRun(api.store);
  expect(await queued()).toBe(1);
});

test("every metric has a help, a type and one prefix; counters end in _total", async () => {
  const answer = await api.call("/metrics", { as: "viewer" });
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  for (const [name, { help, type }] of parseExposition(answer.text)) {
    expect(name).toMatch(/^oroboros_[a-z_]+$/);
    expect(help).toMatch(/^[A-Z].*\.$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
  }
});

test("a label's value may hold anything", () => {
  const text = exposition([
    { name: "a", help: "x\ny", type: "gauge", samples: [{ labels: { l: 'q"\\\n' }, value: 1 }] },
  ]);
  expect(text).toBe('# HELP a x\\ny\n# TYPE a gauge\na{l="q\\"\\\\\\n"} 1\n');
  expect(parseExposition(text).get("a")?.samples).toHaveLength(1);
});

test.each([
  "a 1\n",
  "# HELP a x\n# TYPE a gauge\nb 1\n",
  "# HELP a x\n# TYPE a gauge\na one\n",
  '# HELP a x\n# TYPE a gauge\na{l="} 1\n',
  "# HELP a x\n# TYPE a gauge\na 1\na 1\n",
])("the tests' own reader takes no %j", (text) => {
  expect(() => parseExposition(text)).toThrow();
});

const RESET = {
  dbName: "app_preview_1",
  strategy: "seed",
  seedVersion: null,
  snapshotVersion: null,
  resetStatus: "succeeded",
} as const;

const scrape = async () => parseExposition((await api.call("/metrics", { as: "viewer" })).text);
/** By an api that has read nothing of the database yet. */
const scrapeAnew = async () => parseExposition((await api.call("/metrics", { as: "viewer", api: api.with({}) })).text);

function valueOf(
  metrics: Map<string, ParsedMetric>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const found = metrics
    .get(name)
    ?.samples.filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value));
  return found?.length === 1 ? found[0]?.value : undefined;
}

const seriesOf = (metrics: Map<string, ParsedMetric>): number =>
  [...metrics.values()].reduce((sum, { samples }) => sum + samples.length, 0);
