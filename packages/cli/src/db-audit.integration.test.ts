import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listAudit, migrateControlStore, openControlStore, provisionSlots } from "@oroboros/control-store";
import {
  DATABASE_OWNER_ROLE,
  defineContract,
  etcPath,
  serializeEnvFile,
  slotIds,
  workerPort,
} from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { queryRows, startPostgres, type TestPostgres } from "@oroboros/test-support";
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

/** An installation with one slot that was never reset: its files and its server are real, its services do not run. */
let postgres: TestPostgres;
let control: ReturnType<typeof openControlStore>;
let root: string;

beforeAll(async () => {
  postgres = await startPostgres();
  root = await mkdtemp(join(tmpdir(), "oroboros-audit-"));
  const contract = defineContract({ root, slotCount: 1 });
  control = openControlStore({ databaseUrl: postgres.superuserUrl(), onError: () => undefined });
  await migrateControlStore(control.db);
  await provisionSlots(control.db, slotIds(contract));
  await queryRows(postgres.superuserUrl(), ...INSTALLED);
  await mkdir(etcPath(contract), { recursive: true });
  const variables = {
    ...installationEnvironment(contract),
    DATABASE_URL: postgres.superuserUrl(),
    WORKER_POLL_INTERVAL_SECONDS: "5",
    WORKER_HEALTH_PORT: String(workerPort(contract)),
    PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: `postgresql://slot@127.0.0.1:${postgres.port}/app_preview_{slot}`,
    SLOT_DATABASE_PASSWORD_KEY: "ab".repeat(32),
  };
  await writeFile(`${etcPath(contract)}/worker.env`, serializeEnvFile(variables));
});
afterAll(async () => {
  await control?.close();
  await postgres?.stop();
  if (root !== undefined) await rm(root, { recursive: true });
});

const audit = (...options: string[]) => runHere(["db", "audit", ...options, "--root", root]);

test.each([[[]], [["--deep"]]])("databases that are as recorded are fine: %j", async (options) => {
  const { exitCode, stdout } = await audit(...options);
  expect(oneObject(stdout)).toMatchObject({
    ok: true,
    command: "db audit",
    deep: options.length > 0,
    slots: 1,
    findings: [],
  });
  expect(exitCode).toBe(0);
});

test("what is not is named, for a program and for a person, with exit 4 and who asked", async () => {
  await queryRows(postgres.superuserUrl(), "grant connect on database app_preview_1 to public");
  const { exitCode, stdout } = await audit();
  const finding = { code: "foreign_grant", slot_id: "preview-1", subject: "app_preview_1" };
  expect(oneObject(stdout)).toMatchObject({
    ok: false,
    findings: [{ ...finding, hint: "As the superuser: revoke all on database app_preview_1 from public" }],
    error: { code: "databases_drifted", message: "Everybody may CONNECT in database app_preview_1." },
  });
  expect(exitCode).toBe(4);
  const [noted] = await listAudit(control.db, { limit: 1 });
  expect(noted).toMatchObject({
    action: "database_audit_failed",
    principal: "host:uid=0",
    detail: { findings: [finding] },
  });
  const seen = await runHere(["db", "audit", "--root", root], { NO_COLOR: "1" }, { isTerminal: true });
  expect(seen.stdout).toMatch(
    /^FINDING +SLOT +OF +WHAT\nforeign_grant +preview-1 +app_preview_1 +Everybody may CONNECT/,
  );
  await queryRows(postgres.superuserUrl(), "revoke connect on database app_preview_1 from public");
  expect((await audit()).exitCode).toBe(0);
});
