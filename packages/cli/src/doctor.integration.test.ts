import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateControlStore, openControlStore, provisionSlots } from "@oroboros/control-store";
import { defineContract, etcPath, runtimesPath, serializeEnvFile, slotIds, workerPort } from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { queryRows, startPostgres, type TestPostgres } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oneObject, runHere } from "./testing/run-here.ts";

/** An installation whose server somebody has set up by hand, and forgot most of it. */
let postgres: TestPostgres;
let root: string;
beforeAll(async () => {
  postgres = await startPostgres();
  root = await mkdtemp(join(tmpdir(), "oroboros-doctor-"));
  const contract = defineContract({ root, slotCount: 1 });
  const control = openControlStore({ databaseUrl: postgres.superuserUrl(), onError: () => undefined });
  await migrateControlStore(control.db);
  await provisionSlots(control.db, slotIds(contract));
  await control.close();
  await queryRows(
    postgres.superuserUrl(),
    "insert into slot_server (system_identifier) select system_identifier::text from pg_control_system()",
    "create role oroboros_db nologin createdb",
    "create role passer_by login in role oroboros_db",
  );
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
  await postgres?.stop();
  if (root !== undefined) await rm(root, { recursive: true });
});

test("a program is told in one object what is wrong, where, and what to type next; exit 4", async () => {
  const { exitCode, stdout } = await runHere(["doctor", "--root", root]);
  expect(exitCode).toBe(4);
  const findings: unknown = expect.arrayContaining([
    {
      level: "error",
      code: "foreign_member",
      subject: "passer_by",
      message: "passer_by is a member of oroboros_db, and has no business to be.",
      hint: 'As the superuser: revoke "oroboros_db" from "passer_by"',
    },
    expect.objectContaining({ code: "open_to_public", subject: "template1" }),
    expect.objectContaining({ code: "function_missing", subject: "slot_access.swap_in" }),
    expect.objectContaining({ code: "door_open", subject: "postgres" }),
  ]);
  const { sections, ...answer } = oneObject(stdout);
  expect(answer).toMatchObject({
    ok: false,
    command: "doctor",
    error: { code: "gate_failed", hint: expect.stringContaining("As the superuser: ") },
  });
  const names = ["versions", "users", "permissions", "ports", "units", "exposure", "files", "firewall", "redis"];
  expect(sections).toMatchObject([
    ...names.map((name) => ({ name, ok: true, skipped: expect.any(String), findings: [] })),
    { name: "disk", skipped: null, seen: { file_systems: 1 } },
    { name: "domains", skipped: expect.stringContaining("embedded") },
    { name: "database", ok: false, skipped: null, findings },
  ]);
});

test("a person is shown a table, and the first thing to do", async () => {
  const { exitCode, stdout, stderr } = await runHere(["doctor", "--root", root], {}, { isTerminal: true });
  expect(exitCode).toBe(4);
  expect(stdout).toMatch(/^database: something is WRONG, 1 warning \(\d+ roles, \d+ databases, \d+ functions\)$/m);
  expect(stdout).toMatch(/SECTION +LEVEL +CODE +WHAT +FOUND +NEXT/);
  expect(stdout).toMatch(/database +error +foreign_member +passer_by +passer_by is a member of oroboros_db/);
  expect(stderr).toMatch(/gate_failed[^]* \(and \d+ more\)/);
});

test("how a server with holes is updated follows from who brought it", async () => {
  const hint = async (): Promise<unknown> => {
    const { stdout } = await runHere(["doctor", "--root", root]);
    const sections = oneObject(stdout)["sections"] as { findings: { code: string; hint: string }[] }[];
    return sections.at(-1)?.findings.find(({ code }) => code === "version_vulnerable")?.hint;
  };
  expect(await hint()).toContain("apt-get install --only-upgrade");
  const programs = join(runtimesPath(defineContract({ root })), "postgres/bin");
  await mkdir(programs, { recursive: true });
  expect(await hint()).toContain("a release of the runtime");
});

test("a server that is down is said to be so, and everything else is looked at", async () => {
  await postgres.stop();
  const { exitCode, stdout } = await runHere(["doctor", "--root", root]);
  expect(exitCode).toBe(4);
  const { sections, error } = oneObject(stdout);
  expect(error).toMatchObject({ code: "gate_failed" });
  expect(sections).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: "disk", skipped: null }),
      expect.objectContaining({
        name: "database",
        ok: false,
        findings: [expect.objectContaining({ level: "error", code: "unreachable" })],
      }),
    ]),
  );
});
