import { existsSync } from "node:fs";
import { runScript } from "@oroboros/test-runtime";
import { eventually, takePortOffset } from "@oroboros/test-support";
import { afterAll, expect, test } from "vitest";

const OFFSET = String(await takePortOffset());
let keptRoot: string | undefined;
/** The kept preview's slot, which was the first one that was ready, and another one. */
let slot: string;
let other: string;

afterAll(async () => {
  if (keptRoot !== undefined)
    await runScript("scripts/oroboros", ["runtime", "down", "--json", "--root", keptRoot, "--remove"]);
});

interface Summary {
  ok: boolean;
  run_id: string;
  slot_id: string;
  commit_sha: string;
  frontend_url: string;
  backend_url: string;
  operator_url: string;
  root: string;
  steps: { name: string; status: string; ms: number }[];
}

const withoutDash = (slotId: string): string => slotId.replace("-", "");
const databaseOf = (slotId: string): string => slotId.replace("preview-", "app_preview_");
const DRY_RUN = ["--run-id", "dry-run", "--strategy", "seed", "--seed-version", "v1", "--dry-run", "--json"];

const STEPS = [
  "checkout",
  "database_reset",
  "frontend_publish",
  "dependency_sync",
  "migration",
  "backend_restart",
  "readiness",
  "smoke",
];

test("the demo publishes a branch, prints one JSON object, and leaves nothing behind", async () => {
  const demo = await runScript("scripts/demo.sh", ["--json", "--port-offset", OFFSET]);
  expect(demo.stderr + demo.stdout).not.toContain("    at ");
  const summary = demo.json as unknown as Summary;
  expect(demo.exitCode, demo.stdout + demo.stderr).toBe(0);
  expect(summary).toMatchObject({ ok: true, slot_id: expect.stringMatching(/^preview-[123]$/) });
  expect(summary.steps.map(({ name, status }) => `${name} ${status}`)).toEqual(STEPS.map((name) => `${name} ok`));
  expect(existsSync(summary.root)).toBe(false);
  await expect(fetch(summary.frontend_url)).rejects.toThrow();
  await expect(fetch(summary.backend_url)).rejects.toThrow();
  await expect(fetch(summary.operator_url)).rejects.toThrow();
});

test("with --keep it leaves a preview whose page gets its data through /api, and evidence that the api serves", async () => {
  const demo = await runScript("scripts/demo.sh", ["--json", "--keep", "--port-offset", OFFSET]);
  const summary = demo.json as unknown as Summary;
  expect(demo.exitCode, demo.stdout + demo.stderr).toBe(0);
  keptRoot = summary.root;
  slot = summary.slot_id;
  other = slot === "preview-2" ? "preview-3" : "preview-2";

  const page = await fetch(summary.frontend_url);
  expect(page.headers.get("content-type")).toContain("text/html");
  const items = (await (await fetch(`${summary.frontend_url}/api/items`)).json()) as { items: { title: string }[] };
  expect(items.items.length).toBeGreaterThan(0);
  const health = await fetch(`${summary.frontend_url}/api/health`);
  expect(health.headers.get("x-oroboros-commit")).toBe(summary.commit_sha);

  const shown = await runScript("scripts/oroboros", ["runs", "show", summary.run_id, "--json", "--root", summary.root]);
  const { artifacts } = shown.json as { artifacts: { uri: string; url: string }[] };
  // One of each step, and what the commit changes.
  expect(artifacts).toHaveLength(STEPS.length + 1);
  const token = new URLSearchParams(new URL(summary.operator_url).hash.slice(1)).get("token");
  for (const { url } of artifacts) {
    const content = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    expect(content.status, url).toBe(200);
  }

  const again = await runScript("scripts/demo.sh", ["--json", "--port-offset", OFFSET]);
  expect(again.exitCode).toBe(5);
  expect((again.json as { error: { hint: string } }).error.hint).toContain("--port-offset");
});

test("the backend script starts, stops and answers with one JSON object each time", async () => {
  const backend = (...args: string[]) =>
    runScript("scripts/preview-backend-runtime.sh", args, { OROBOROS_ROOT: String(keptRoot) });
  const status = await backend("status", "--slot", slot);
  expect(status.json).toMatchObject({
    ok: true,
    command: "status",
    slot_id: slot,
    state: "running",
    db_name: databaseOf(slot),
  });
  expect((await backend("stop", "--slot", withoutDash(slot))).json).toMatchObject({
    ok: true,
    state: "stopped",
    already: false,
  });
  expect((await backend("stop", "--slot", slot)).json).toMatchObject({
    ok: true,
    state: "stopped",
    already: true,
  });
  expect((await backend("health", "--slot", slot)).exitCode).not.toBe(0);
  const started = await backend("start", "--slot", slot, "--health-timeout-seconds", "60");
  expect(started.json, started.stdout + started.stderr).toMatchObject({ ok: true, state: "running" });
  expect((await backend("restart", "--slot", "preview-9")).json).toMatchObject({ ok: false, reason: "invalid_slot" });
});

test("the database scripts reset, seed and migrate the slot's database, for its holder only", async () => {
  const env = { OROBOROS_ROOT: String(keptRoot) };
  const refused = await runScript("scripts/preview-db-reset.sh", ["--slot", slot, "--json"], env);
  expect(refused.json).toMatchObject({ ok: false, error: { code: "lease_held" } });
  expect(refused.exitCode).toBe(5);
  const idle = `http://127.0.0.1:${3100 + Number(OFFSET) + Number(other.slice(-1))}/api/health`;
  const isIdle = async () => (await fetch(idle)).headers.get("x-oroboros-commit") === "0".repeat(40);
  await eventually(isIdle, { deadlineMs: 120_000 });
  // Refused for the moment in which the slot is being made idle.
  const reset = await eventually(
    async () => {
      const tried = await runScript("scripts/preview-db-reset.sh", ["--slot", withoutDash(other), "--json"], env);
      return tried.exitCode === 5 ? undefined : tried;
    },
    { deadlineMs: 120_000 },
  );
  expect(reset.json, reset.stdout + reset.stderr).toMatchObject({
    ok: true,
    slot_id: other,
    db_name: databaseOf(other),
  });
  const seeded = await runScript(
    "scripts/preview-db-seed.sh",
    ["--slot", other, "--seed-version", "v1", "--json"],
    env,
  );
  expect(seeded.json).toMatchObject({ ok: true, seed_version: "v1" });
  const twice = await runScript("scripts/preview-db-seed.sh", ["--slot", other, "--seed-version", "v1", "--json"], env);
  expect(twice.json).toMatchObject({ ok: false, error: { code: "database_not_empty" } });
  const migrated = await runScript("scripts/preview-slot-migrate.sh", ["--slot", other, "--dry-run", "--json"], env);
  expect(migrated.json).toMatchObject({ ok: true, dry_run: true, pending: [] });
  const dry = await runScript("scripts/preview-db-reset-and-seed.sh", [...DRY_RUN, "--slot", withoutDash(slot)], env);
  expect(dry.json).toMatchObject({ ok: true, dry_run: true, slot_id: slot });
});
