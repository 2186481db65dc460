import { lstat, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { listProcesses, readyPackageStores, stageFile } from "@oroboros/host";
import { packageCacheClient, type PackageCache } from "@oroboros/host/supervisor-client";
import { packageCachePath, packagesUid, slotHome, supervisorSocket } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aSupervisor, isRoot, runStep, type TestSupervisor } from "./testing/a-supervisor.ts";

const DEADLINE = { deadlineMs: 60_000 };
const KEYS = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];
const lockfile = (text: string) => [{ oid: "0".repeat(40), text }];

/** A pnpm that tells what it is run as and with, and puts one file into the store. */
const PNPM = `#!/bin/sh
[ "$1" = --version ] && { echo 12.21.0; exit; }
echo "fetching with $*" >&2
grep -q "registry is down" pnpm-lock.yaml && { echo "ERR_REGISTRY it is down" >&2; exit 1; }
while [ -n "$store" ] || [ "$1" != --store-dir ]; do shift; done
umask 077
mkdir "$2/v11"
{ id -u; pwd; env | sort; find . -type f | sort; cat pnpm-lock.yaml; } > "$2/v11/seen"
echo $$ > "$2/pid"
grep -q "takes for ever" pnpm-lock.yaml && { trap "" TERM; while :; do sleep 1; done; }
exit 0
`;

let supervisor: TestSupervisor;
let cache: PackageCache;

beforeEach(async () => {
  supervisor = await aSupervisor();
  const pnpm = `${supervisor.contract.root}/pnpm`;
  await writeFile(pnpm, PNPM, { mode: 0o755 });
  await stageFile(pnpm, `${supervisor.contract.root}/bin/pnpm`, 0o755);
  cache = packageCacheClient({ socketPath: supervisorSocket(supervisor.contract) });
});
afterEach(() => supervisor?.[Symbol.asyncDispose]());

const seen = (key: string): Promise<string> =>
  readFile(`${packageCachePath(supervisor.contract)}/${key}/store/v11/seen`, "utf8");
const ready = (): string[] => readyPackageStores(supervisor.contract).map(({ key }) => key);

test("a store is filled once, by a project of nothing but the lockfile", async () => {
  expect(await cache.pnpmVersion()).toBe("12.21.0");
  const text = "packages:\n  a@file:vendor/a:\n    resolution: {directory: vendor/a, type: directory}\n";
  expect(await cache.fill(KEYS[0], lockfile(text))).toMatchObject({ already: false, isolated: isRoot });
  expect(await cache.fill(KEYS[0], lockfile("another"))).toMatchObject({ already: true });
  const told = await seen(KEYS[0]);
  expect(told).toContain("./pnpm-lock.yaml\n./pnpm-workspace.yaml\n./vendor/a/package.json\n");
  expect(told).toContain(text);
  expect(told).toContain("pnpm_config_registry=http://registry.test/\n");
  expect(told).not.toContain("NODE_OPTIONS");
  expect(readyPackageStores(supervisor.contract)).toMatchObject([
    { key: KEYS[0], lockfiles: ["0".repeat(40)], pnpm: "12.21.0" },
  ]);
  expect((await readdir(`${packageCachePath(supervisor.contract)}/${KEYS[0]}`)).toSorted()).toEqual([
    "complete.json",
    "store",
  ]);
});

test("a path of a lockfile that leads out of its project makes nothing", async () => {
  const { contract } = supervisor;
  const out = ["../../escaped", `${contract.root}/escaped`, "vendor/../../../escaped", '"../../quoted"'];
  const text = out.map((path) => `resolution: {directory: ${path}, type: directory}`).join("\n");
  await cache.fill(KEYS[0], lockfile(text));
  expect(await seen(KEYS[0])).not.toContain("package.json");
  for (const name of ["escaped", "quoted"]) {
    for (const directory of [contract.root, packageCachePath(contract)])
      await expect(lstat(join(directory, name))).rejects.toThrow("ENOENT");
  }
});

test("main's store and the one before are kept, told by when main used them last", async () => {
  const [a, b, c] = KEYS;
  await cache.fill(a, lockfile("a"));
  await cache.fill(b, lockfile("b"));
  await cache.fill(a, lockfile("a"));
  await cache.fill(c, lockfile("c"));
  expect(ready()).toEqual([c, a]);
});

test("a fetch that fails says why, and leaves no store", async () => {
  await expect(cache.fill(KEYS[0], lockfile("registry is down"))).rejects.toMatchObject({
    code: "step_failed",
    message: expect.stringContaining("ERR_REGISTRY it is down") as string,
  });
  expect(await readdir(packageCachePath(supervisor.contract))).toEqual([]);
  expect(await cache.fill(KEYS[0], lockfile("it is back"))).toMatchObject({ already: false });
});

test("hanging up ends a fetch, and the next one goes on", async () => {
  const cancel = new AbortController();
  const filling = cache.fill(KEYS[0], lockfile("takes for ever"), cancel.signal).catch(() => "canceled");
  const file = `${packageCachePath(supervisor.contract)}/${KEYS[0]}.filling/store/pid`;
  const pid = Number(await eventually(() => readFile(file, "utf8"), DEADLINE));
  cancel.abort();
  expect(await filling).toBe("canceled");
  expect(await cache.fill(KEYS[1], lockfile("b"))).toMatchObject({ already: false });
  expect(listProcesses().some((entry) => entry.pid === pid)).toBe(false);
  expect(ready()).toEqual([KEYS[1]]);
});

test("what is no key or no lockfile is refused", async () => {
  for (const key of ["..%2f..%2fetc", "a", KEYS[0].toUpperCase()])
    await expect(cache.fill(key, lockfile("a"))).rejects.toMatchObject({ code: "invalid_request" });
  await expect(cache.fill(KEYS[0], [])).rejects.toMatchObject({ code: "invalid_request" });
  await expect(cache.fill(KEYS[0], [{ oid: "../x", text: "" }])).rejects.toMatchObject({ code: "invalid_request" });
});

describe.skipIf(!isRoot)("as root", () => {
  test("a store is filled by a user of its own; a slot reads it and changes nothing in it", async () => {
    const { contract } = supervisor;
    await cache.fill(KEYS[0], lockfile("a"));
    expect(await seen(KEYS[0])).toMatch(new RegExp(`^${packagesUid(contract)}\n`));
    const directory = `${packageCachePath(contract)}/${KEYS[0]}`;
    expect((await stat(`${directory}/store/v11`)).mode & 0o777).toBe(0o755);
    const own = `${slotHome(contract, supervisor.slot)}/own`;
    const tries = [
      `echo x >> ${directory}/store/v11/seen`,
      `touch ${directory}/store/v11/new ${directory}/new ${packageCachePath(contract)}/new`,
      `rm -f ${directory}/store/v11/seen`,
      `mv ${directory} ${directory}.old`,
      `chmod 777 ${directory}/store`,
    ];
    for (const attempt of tries) {
      const { exitCode, stderr } = await runStep(supervisor, ["sh", "-c", attempt]);
      expect({ attempt, failed: exitCode !== 0 }).toEqual({ attempt, failed: true });
      expect(stderr).toMatch(/denied|not permitted/i);
    }
    const copied = await runStep(supervisor, ["cp", "-r", `${directory}/store`, own]);
    expect(copied).toMatchObject({ exitCode: 0 });
  });
});

test("a store is removed by its key, others stay, and one that is not there is fine", async () => {
  for (const key of [KEYS[0], KEYS[1]]) await cache.fill(key, lockfile("packages: {}\n"));
  await cache.remove(KEYS[0]);
  await cache.remove(KEYS[0]);
  expect(ready()).toEqual([KEYS[1]]);
  await expect(cache.remove("..%2f..")).rejects.toMatchObject({ code: "invalid_request" });
});
