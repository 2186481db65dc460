import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineContract, SLOT_ACCESS_SCHEMA } from "@oroboros/slot-contract";
import { MAINTENANCE_TASKS, maintenanceUnit, timerOf } from "@oroboros/slot-contract/host";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootBareHost, pushExample, type BareHost } from "./bare-host.ts";

const DEADLINE = { deadlineMs: 120_000 };
const SLOTS = [1, 2, 3] as const;
const PAGE = join(import.meta.dirname, "../../docs/fullstack-preview-ops-runbook.md");

/** The operator's runbook, block by block, as its document has them. */
const BRING_UP = [
  "./scripts/systemd-install-runtime.sh",
  "./scripts/runtime-up.sh",
  "./scripts/preview-backend-runtime.sh restart --slot preview-1",
  "./scripts/preview-backend-runtime.sh restart --slot preview-2",
  "./scripts/preview-backend-runtime.sh restart --slot preview-3",
  "./scripts/runtime-health-check.sh",
];
const VALIDATION = SLOTS.map((slot) => `curl -fsS http://127.0.0.1:310${slot}/api/health`);
const MATRIX = [8000, 8090, 3100, 3101, 3102, 3103, 8101, 8102, 8103].map(
  (port) => `curl -fsS http://127.0.0.1:${port}/health`,
);
const STUCK_SLOT = [
  "curl -fsS http://127.0.0.1:8000/api/slots | python3 -m json.tool",
  "curl -fsS -X POST http://127.0.0.1:8000/api/slots/reap-expired",
  `curl -fsS -X POST http://127.0.0.1:8000/api/slots/<slot_id>/release -H 'Content-Type: application/json' -d '{"run_id":"<run_id>"}'`,
];
const BACKEND_FAILED = [
  "./scripts/preview-backend-runtime.sh restart --slot preview-1",
  "tail -n 200 /tmp/oroboros-preview-backend/preview-1.log",
  "./scripts/preview-backend-runtime.sh status --slot preview-1",
];
const WRONG_TARGET = [
  "cat infra/systemd/env/web-preview1.env",
  "curl -fsS http://127.0.0.1:3101/api/health",
  "curl -fsS http://127.0.0.1:8101/health",
];
const MIGRATION_FAILED = [
  "./scripts/preview-slot-migrate.sh --slot preview-1 --dry-run",
  "./scripts/preview-slot-migrate.sh --slot preview-1",
];
const ALL = [
  ...BRING_UP,
  ...VALIDATION,
  ...MATRIX,
  ...STUCK_SLOT,
  ...BACKEND_FAILED,
  ...WRONG_TARGET,
  ...MIGRATION_FAILED,
];

const CONTRACT = defineContract();

let host: BareHost;

const asPostgres = (database: string, statement: string): Promise<string> =>
  host.box.must(["psql", "-XAtqd", database, "-c", statement], { user: "postgres" });

beforeAll(async () => {
  host = await bootBareHost();
});

afterAll(() => host?.box.stop());

const statusOf = async (hostName: string, path = "/health"): Promise<number> =>
  (await host.box.fetch(`http://127.0.0.1:8088${path}`, { headers: { host: hostName } })).status;

const isIdle = async (slot: string): Promise<boolean> => {
  const { slots } = await host.typedJson("./scripts/oroboros slots list --json");
  return (slots as { slot_id: string; lease_state: string }[]).some(
    ({ slot_id, lease_state }) => slot_id === slot && lease_state === "free",
  );
};

test("the page of the runbook has every one of its commands", () => {
  const page = readFileSync(resolve(PAGE), "utf8");
  expect(ALL.filter((command) => !page.includes(command))).toEqual([]);
});

test("bring-up: a bare host is installed, up and healthy", async () => {
  for (const command of BRING_UP) {
    const startedAt = performance.now();
    await host.typed(command);
    console.log(`${command}: ${Math.round(performance.now() - startedAt)} ms`);
  }
});

test("validation: every slot's /api is its own backend", async () => {
  for (const command of VALIDATION) await host.typed(command);
  for (const slot of SLOTS) {
    const { status, headers } = await host.box.fetch(`http://127.0.0.1:310${slot}/api/health`);
    expect(status).toBe(200);
    expect(headers.get("x-oroboros-slot")).toBe(`preview-${slot}`);
  }
});

test("the startup matrix answers on every port", async () => {
  for (const command of MATRIX) await host.typed(command);
});

test("each documented host is routed to its service, and another host is not found", async () => {
  const names = ["app", "preview1", "preview2", "preview3", "api", "worker"].map((name) => `${name}.example.com`);
  for (const name of names) expect([name, await statusOf(name)]).toEqual([name, 200]);
  for (const slot of SLOTS) {
    const headers = { host: `preview${slot}.example.com` };
    const routed = await host.box.fetch("http://127.0.0.1:8088/api/health", { headers });
    expect(routed.headers.get("x-oroboros-slot")).toBe(`preview-${slot}`);
  }
  for (const name of ["preview4.example.com", "example.com", "127.0.0.1:8088", "app.example.org"]) {
    expect([name, await statusOf(name)]).toEqual([name, 404]);
  }
});

test("a second installation changes nothing and says so", async () => {
  const again = await host.typedJson("./scripts/systemd-install-runtime.sh --json");
  expect(again).toMatchObject({ ok: true, changed: [] });
  const dry = await host.typedJson("./scripts/systemd-install-runtime.sh --json --dry-run");
  expect(dry).toMatchObject({ ok: true, dry_run: true });
});

interface Preview {
  run: string;
  slot: string;
  commit: string;
}
let preview: Preview;

const ofPreview = ({ slot }: Preview, path: string) =>
  host.box.fetch(`http://127.0.0.1:8088${path}`, { headers: { host: `${slot.replace("-", "")}.example.com` } });
const servedCommit = async (): Promise<string | null> =>
  (await ofPreview(preview, "/api/health")).headers.get("x-oroboros-commit");

test("the demo's branch is published through the same pipeline", async () => {
  const { branch, commit } = await pushExample(host);
  const created = await host.typedJson(
    `./scripts/oroboros runs create --title "Urgent items" --branch ${branch} --wait --json`,
  );
  expect(created).toMatchObject({ ok: true, status: "needs_approval", commit_sha: commit });
  preview = { run: String(created["run_id"]), slot: String(created["slot_id"]), commit };
  expect(await servedCommit()).toBe(commit);
  const { status, body } = await ofPreview(preview, "/api/items");
  expect(status).toBe(200);
  expect(body).toContain("urgent");
  // The worker's evidence is the api's to show.
  expect(await host.typed(`./scripts/oroboros runs logs ${preview.run}`)).toContain("checkout");
});

test.each(MAINTENANCE_TASKS)("systemd does what %s is for, and will again", async (task) => {
  const unit = maintenanceUnit(CONTRACT, task);
  const idle = "seed_0123456789abcdef";
  if (task === "prune") {
    await asPostgres("postgres", `create database ${idle} owner oroboros_worker`);
    const uses = `${SLOT_ACCESS_SCHEMA}.template_databases (database, used_at)`;
    await asPostgres("builder_control", `insert into ${uses} values ('${idle}', now() - interval '4 days')`);
  }
  await host.box.systemctl("start", unit);
  expect(await host.box.systemctl("show", "--value", "--property=Result", unit)).toBe("success\n");
  const report = `"ok":true,"command":"maintenance ${task}"`;
  await eventually(async () => (await host.box.journal(unit)).includes(report), DEADLINE);
  expect(await host.box.systemctl("is-active", timerOf(unit))).toBe("active\n");
  expect(await asPostgres("postgres", `select count(*) from pg_database where datname = '${idle}'`)).toBe("0\n");
});

test("a preview, and every idle slot, is back after a boot, which empties /run", async () => {
  await host.box.systemctl("stop", "ouroboros.target");
  await host.box.must(["bash", "-c", "rm -rf /run/oroboros && systemd-tmpfiles --create"]);
  await host.typed("./scripts/runtime-up.sh");
  await eventually(async () => (await servedCommit()) === preview.commit, DEADLINE);
  await host.typed("./scripts/runtime-health-check.sh");
});

test("a stuck slot is released as the runbook types it", async () => {
  const { run, slot } = preview;
  for (const command of STUCK_SLOT) {
    await host.typed(command.replaceAll("<slot_id>", slot).replaceAll("<run_id>", run));
  }
  await eventually(() => isIdle(slot), DEADLINE);
  // The next run's backend begins a log of its own.
  await host.box.must(["test", "-s", `/var/log/oroboros/preview-backend/${slot}.log.1`]);
  await eventually(async () => (await host.type("./scripts/preview-slots-health-check.sh")).exitCode === 0, DEADLINE);
});

test.each([
  ["a backend that failed", BACKEND_FAILED],
  ["a wrong target", WRONG_TARGET],
  ["a migration that failed", MIGRATION_FAILED],
])("troubleshooting %s, as typed", async (_name, commands) => {
  for (const command of commands) await host.typed(command);
});

const PROCESSES = [
  "ouroboros-api",
  "ouroboros-worker",
  "ouroboros-web@main",
  "ouroboros-web@preview1",
  "ouroboros-preview-backend@preview1",
  "ouroboros-caddy",
  "redis-server",
  "postgresql@15-main",
];

test.each(PROCESSES)("a killed %s is back by itself", async (name) => {
  const unit = `${name}.service`;
  const mainPid = async (): Promise<number> => Number(await host.box.systemctl("show", "-P", "MainPID", unit));
  const before = await mainPid();
  expect(before).toBeGreaterThan(0);
  await host.box.must(["kill", "-KILL", String(before)]);
  await eventually(async () => {
    const now = await mainPid();
    return now > 0 && now !== before;
  }, DEADLINE);
  await eventually(async () => (await host.type("./scripts/runtime-health-check.sh --json")).exitCode === 0, DEADLINE);
});

test("nothing of ours is secret to nobody: no world-readable secret, none in what systemctl shows", async () => {
  const environment = await host.box.must(["cat", "/etc/oroboros/worker.env"]);
  const secrets = [
    ...environment.matchAll(/^(?:SLOT_DATABASE_PASSWORD_KEY="([0-9a-f]{64})"|DATABASE_URL=".*:([^:@]+)@.*")$/gm),
  ]
    .map(([, key, password]) => key ?? password ?? "")
    .filter((secret) => secret !== "");
  expect(secrets).toHaveLength(2);
  const shown = await host.box.systemctl("show", "--all", "ouroboros-*", "--no-pager");
  for (const secret of secrets) expect(shown.includes(secret)).toBe(false);
  const readable = await host.box.run(
    [
      "bash",
      "-c",
      `grep -rlF -e ${secrets.join(" -e ")} /etc /srv/oroboros /var/log /run /var/lib/oroboros 2>/dev/null`,
    ],
    { user: "nobody" },
  );
  expect(readable.stdout).toBe("");
});

test("runtime-down stops what is ours and nothing else, and runtime-up brings it back", async () => {
  await host.typed("./scripts/runtime-down.sh");
  expect((await host.type("curl -fsS http://127.0.0.1:8000/health")).exitCode).not.toBe(0);
  expect((await host.box.systemctl("is-active", "postgresql@15-main.service", "redis-server.service")).trim()).toBe(
    "active\nactive",
  );
  await host.typed("./scripts/runtime-down.sh");
  await host.typed("./scripts/runtime-up.sh");
  await host.typed("./scripts/runtime-health-check.sh");
});
