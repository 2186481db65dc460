import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateControlStore, openControlStore, provisionSlots } from "@oroboros/control-store";
import { artifactsPath, DATABASE_OWNER_ROLE, defineContract, slotIds, workerPort } from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { maintenancePath } from "@oroboros/slot-contract/host";
import { queryRows, startPostgres, takePortOffset, type TestPostgres } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oneObject, runHere } from "./testing/run-here.ts";

/** What an installation makes of a slot before its first reset, as far as an audit looks at it. */
const INSTALLED = [
  `create role ${DATABASE_OWNER_ROLE}`,
  "create role slot_1",
  `create database app_preview_1 owner ${DATABASE_OWNER_ROLE}`,
  "revoke all on database app_preview_1 from public",
  "comment on database app_preview_1 is 'oroboros:slot=preview-1:run=none:epoch=0'",
];

/** An installation whose server is real and whose services do not run; its variables are a unit's, and no file has them. */
let postgres: TestPostgres;
let root: string;
let unit: Record<string, string>;

beforeAll(async () => {
  postgres = await startPostgres();
  root = await mkdtemp(join(tmpdir(), "oroboros-maintenance-"));
  const contract = defineContract({ root, slotCount: 1, portOffset: await takePortOffset() });
  const control = openControlStore({ databaseUrl: postgres.superuserUrl(), onError: () => undefined });
  await migrateControlStore(control.db);
  await provisionSlots(control.db, slotIds(contract));
  await control.close();
  await queryRows(postgres.superuserUrl(), ...INSTALLED);
  await mkdir(artifactsPath(contract), { recursive: true });
  unit = {
    ...installationEnvironment(contract),
    DATABASE_URL: postgres.superuserUrl(),
    WORKER_POLL_INTERVAL_SECONDS: "5",
    WORKER_HEALTH_PORT: String(workerPort(contract)),
    PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: `postgresql://slot@127.0.0.1:${postgres.port}/app_preview_{slot}`,
    SLOT_DATABASE_PASSWORD_KEY: "ab".repeat(32),
  };
});
afterAll(async () => {
  await postgres?.stop();
  if (root !== undefined) await rm(root, { recursive: true });
});

const maintenance = async (...argv: string[]) => {
  const { exitCode, stdout } = await runHere(["maintenance", ...argv], unit);
  return { exitCode, ...oneObject(stdout) };
};

test("leases that ran out end, whether or not there is a worker to wake", async () => {
  const expire = "update slot_leases set lease_epoch = 1, expires_at = clock_timestamp() - interval '1 s'";
  await queryRows(postgres.superuserUrl(), expire);
  const expired = [{ slot_id: "preview-1", run_id: null }];
  expect(await maintenance("reap-leases", "--dry-run")).toMatchObject({ exitCode: 0, dry_run: true, expired });
  expect(await maintenance("reap-leases")).toMatchObject({ exitCode: 0, dry_run: false, expired });
  expect(await maintenance("reap-leases")).toMatchObject({ exitCode: 0, expired: [] });
});

test("an audit that finds something fails its unit", async () => {
  expect(await maintenance("audit-resets")).toMatchObject({ exitCode: 0, slots: 1, findings: [] });
  await queryRows(postgres.superuserUrl(), "grant connect on database app_preview_1 to public");
  expect(await maintenance("audit-resets")).toMatchObject({ exitCode: 4, error: { code: "databases_drifted" } });
  await queryRows(postgres.superuserUrl(), "revoke connect on database app_preview_1 from public");
});

test("a day's summary is printed and kept, and a dry run keeps none; what is unhealthy fails nothing", async () => {
  const folder = maintenancePath({ root });
  const said = { exitCode: 0, healthy: false, health: { ok: false }, audit: { slots: 1, findings: [] }, unknown: [] };
  expect(await maintenance("daily-summary", "--dry-run")).toMatchObject({ ...said, written: null });
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  const summary = await maintenance("daily-summary");
  const [name = ""] = readdirSync(folder);
  expect(name).toMatch(/^daily-summary-\d{4}-\d\d-\d\d\.json$/);
  expect(summary).toMatchObject({ ...said, written: `${folder}/${name}`, removed: [] });
  expect(JSON.parse(readFileSync(`${folder}/${name}`, "utf8"))).toMatchObject({
    healthy: false,
    runs: { slots_total: 1 },
  });
});
