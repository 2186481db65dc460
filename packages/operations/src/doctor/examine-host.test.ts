import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { defineContract, OperatorError } from "@oroboros/slot-contract";
import { contractFile } from "@oroboros/slot-contract/host";
import { startRedis } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import type { DoctorSection } from "./doctor-report.ts";
import { examineHost } from "./examine-host.ts";
import { observeRedis } from "./redis.ts";
import type { SectionSpec } from "./section-spec.ts";

const postgres = { host: "127.0.0.1", port: 1, user: "u", database: "d" };

async function examined(more: SectionSpec[]): Promise<DoctorSection[]> {
  const root = await mkdtemp(join(tmpdir(), "oroboros-examine-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const topology = { manager: "process", postgres, redisUrl: undefined, hasProxy: false } as const;
  return examineHost({ contract: defineContract({ root, slotCount: 1 }), topology }, more);
}

test("what an embedded installation does not have is told, and not looked at", async () => {
  const skipped = (await examined([])).filter(({ skipped }) => skipped !== null).map(({ name }) => name);
  expect(skipped).toEqual([
    "versions",
    "users",
    "permissions",
    "ports",
    "units",
    "exposure",
    "files",
    "firewall",
    "redis",
    "domains",
  ]);
});

test("a host's contract that is broken is told first, and the host looked at by what its env files say", async () => {
  const root = await mkdtemp(join(tmpdir(), "oroboros-examine-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const contract = defineContract({ root, slotCount: 1 });
  await mkdir(dirname(contractFile(contract)), { recursive: true });
  await writeFile(contractFile(contract), "{");
  const topology = { manager: "systemd", postgres, redisUrl: undefined, hasProxy: true } as const;
  const [first, ...others] = await examineHost({ contract, topology });
  expect(first).toMatchObject({
    name: "settings",
    ok: false,
    findings: [{ level: "error", code: "invalid_contract", message: expect.stringContaining(contractFile(contract)) }],
  });
  expect(others.map(({ name }) => name)).toEqual(expect.arrayContaining(["units", "files", "disk"]));
});

test("a section that can not be looked at is wrong, and keeps no other from being looked at", async () => {
  const refused = new OperatorError("path_refused", "This user may not read it.", { hint: "Run the command as root." });
  const sections = await examined([
    { name: "first", look: () => Promise.reject(refused) },
    { name: "second", look: () => Promise.reject(new Error("no such thing")) },
    { name: "third", look: () => Promise.resolve({ seen: { things: 1 }, findings: [] }) },
  ]);
  expect(sections.slice(-3)).toMatchObject([
    {
      name: "first",
      ok: false,
      findings: [{ level: "error", code: "path_refused", hint: "Run the command as root." }],
    },
    { name: "second", ok: false, findings: [{ code: "not_examined", message: "no such thing" }] },
    { name: "third", ok: true, seen: { things: 1 } },
  ]);
});

test("a section with warnings alone is in order", async () => {
  const warning = { level: "warning", code: "x", subject: "x", message: "x", hint: "x" } as const;
  const sections = await examined([{ name: "y", look: () => Promise.resolve({ seen: {}, findings: [warning] }) }]);
  expect(sections.at(-1)).toMatchObject({ ok: true, findings: [warning] });
});

test("a real Redis tells its settings, and one that is not there tells nothing", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  expect(await observeRedis(`${redis.url}/0`)).toMatchObject({
    save: "",
    appendonly: "no",
    "maxmemory-policy": "noeviction",
    bind: "127.0.0.1",
  });
  expect(await observeRedis("redis://127.0.0.1:1/0")).toBeUndefined();
});
