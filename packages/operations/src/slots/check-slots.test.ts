import { createServer } from "node:http";
import { openControlStore } from "@oroboros/control-store";
import { caddyPort, defineContract } from "@oroboros/slot-contract";
import { takePortOffset } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import type { Context } from "../context.ts";
import type { ServiceState } from "../health/explain-failure.ts";
import type { ObserveStates } from "../health/observe-states.ts";
import type { ServiceTopology } from "../health/service-topology.ts";
import type { UnitProperties } from "../health/show-units.ts";
import { checkSlots } from "./check-slots.ts";

const contract = defineContract({ slotCount: 1, portOffset: await takePortOffset() });
const postgres = { host: "127.0.0.1", port: 1, user: "u", database: "d" };
const ON_HOST: ServiceTopology = { manager: "systemd", postgres, redisUrl: undefined, hasProxy: true };

/** With nothing behind it: every server is somewhere else. */
function contextWhere(state: "running" | "stopped"): Context {
  const control = openControlStore({ databaseUrl: "postgresql://u@127.0.0.1:1/d", onError: () => undefined });
  onTestFinished(() => control.close());
  const processes = { backend: () => Promise.resolve({ ok: true, state }) };
  return { contract, store: control.db, processes, fetch } as unknown as Context;
}

async function checksOf(context: Context, topology?: ServiceTopology) {
  const { slots } = await checkSlots(context, topology);
  return slots[0]?.checks ?? [];
}

test("where there is a proxy a slot's surface is asked for by its site as well", async () => {
  const sites: (string | undefined)[] = [];
  const proxy = createServer((request, response) => {
    sites.push(request.headers.host);
    response.end(JSON.stringify({ status: "ok", service: "web-surface", slot_id: "preview-1", commit_sha: null }));
  });
  onTestFinished(() => void proxy.close());
  await new Promise<void>((resolve) => proxy.listen(caddyPort(contract), "127.0.0.1", resolve));
  const checks = await checksOf(contextWhere("running"), ON_HOST);
  expect(checks.map(({ name, healthy }) => [name, healthy])).toEqual([
    ["surface", false],
    ["backend", false],
    ["api", false],
    ["routed", true],
  ]);
  expect(sites).toEqual(["preview1.example.com"]);
});

test("an installation without one is not asked for sites", async () => {
  expect((await checksOf(contextWhere("running"))).map(({ name }) => name)).toEqual(["surface", "backend", "api"]);
});

test("a backend that was stopped is told as such, and how to start it; one that runs and does not answer is not", async () => {
  const told = async (state: "running" | "stopped") =>
    (await checksOf(contextWhere(state))).find(({ name }) => name === "backend")?.detail;
  expect(await told("stopped")).toMatch(/ECONNREFUSED; it is stopped.*oroboros backend start --slot preview-1$/);
  expect(await told("running")).toMatch(/ECONNREFUSED$/);
});

test.each<[string, UnitProperties, RegExp]>([
  [
    "is started again by systemd",
    { ActiveState: "activating", SubState: "auto-restart" },
    /ECONNREFUSED; (\S+) ended, and is being started again: journalctl --no-pager -n 50 -u \1$/,
  ],
  [
    "was stopped",
    { ActiveState: "inactive", SubState: "dead" },
    /; \S+ is stopped.*: \.\/scripts\/preview-backend-runtime\.sh start --slot preview-1$/,
  ],
  ["runs", { ActiveState: "active", SubState: "running" }, /ECONNREFUSED$/],
])("on a host a backend that %s is told as the whole host's check tells it", async (_what, properties, detail) => {
  const state: ServiceState = { kind: "unit", properties: { LoadState: "loaded", ...properties } };
  const states: ObserveStates = (checks) => Promise.resolve(new Map(checks.map(({ unit }) => [unit, state])));
  const { slots } = await checkSlots(contextWhere("stopped"), ON_HOST, states);
  expect(slots[0]?.checks.find(({ name }) => name === "backend")?.detail).toMatch(detail);
});
