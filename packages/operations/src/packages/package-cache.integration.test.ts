import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { chownTree, readyPackageStores, stageFile } from "@oroboros/host";
import {
  packageCachePath,
  slotUid,
  slotWorktrees,
  type CommitSha,
  type SlotId,
  type StepRequest,
} from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aPackageRegistry, PACKAGE_CONTENT, type PackageRegistry } from "../testing/a-package-registry.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { isRoot, startProcesses } from "../testing/start-processes.ts";
import { ensurePackageCache } from "./ensure-package-cache.ts";
import { keepPackageCache } from "./keep-package-cache.ts";
import { packageCacheFor } from "./package-cache-for.ts";
import { withPackageCache, type StepTries } from "./with-package-cache.ts";

const PNPM = resolve(import.meta.dirname, "../../../../.cache/bin/pnpm");
const DEADLINE = { deadlineMs: 50_000 };
const MANIFEST = JSON.stringify({
  name: "tiny",
  frontend: {},
  backend: { install: ["pnpm", "install", "--frozen-lockfile", "--prod"], start: ["node", "server.js"] },
  database: { migrations: "migrations", seeds: {} },
});

let world: TestWorld;
let processes: AsyncDisposable;
let registry: PackageRegistry;
let main: CommitSha;

beforeAll(async () => {
  world = await aWorld();
  registry = await aPackageRegistry();
  await stageFile(PNPM, `${world.contract.root}/bin/pnpm`, 0o755);
  processes = await startProcesses(world.contract);
  main = await world.push("main", { "oroboros.app.json": MANIFEST, "migrations/1.sql": "", ...registry.parts("tiny") });
});

afterAll(async () => {
  await processes?.[Symbol.asyncDispose]();
  registry?.close();
  await world?.[Symbol.asyncDispose]();
});

/** Every file of the cache with what is in it. */
async function cacheContent(): Promise<string[]> {
  const root = packageCachePath(world.contract);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hash = async (file: string): Promise<string> =>
    `${file} ${createHash("sha256")
      .update(await readFile(file))
      .digest("hex")}`;
  return (await Promise.all(files.map(hash))).toSorted();
}

const storeFor = async (commit: CommitSha): Promise<string | null> =>
  packageCacheFor(world.context, { tree: await world.context.source.listTree(commit), directory: "frontend" });

/** A worktree of the slot with an application that needs the package, and its install. */
async function aWorktree(slot: SlotId, directory: string, name: "tiny" | "other"): Promise<StepRequest> {
  const cwd = `${slotWorktrees(world.contract, slot)}/${directory}`;
  await mkdir(cwd);
  for (const [file, text] of Object.entries(registry.files(name))) await writeFile(`${cwd}/${file}`, text);
  const uid = slotUid(world.contract, slot);
  if (isRoot) chownTree(cwd, { uid, gid: uid });
  const argv = ["pnpm", "install", "--frozen-lockfile"];
  return { kind: "install", argv, cwd, env: { CI: "true" }, timeout_ms: 60_000 };
}

async function runTries(slot: SlotId, tries: StepTries): Promise<(number | null)[]> {
  const codes: (number | null)[] = [];
  for (const request of tries) {
    const { exitCode } = await world.context.processes.runStep(slot, request, {});
    codes.push(exitCode);
    if (exitCode === 0) break;
  }
  return codes;
}

test("main's packages are fetched once for all parts with the same lockfile", async () => {
  const first = await ensurePackageCache(world.context, main);
  expect(first).toMatchObject({ kind: "ready", already: false, isolated: isRoot });
  expect(registry.requests()).toBe(1);
  expect(await ensurePackageCache(world.context, main)).toMatchObject({ kind: "ready", already: true });
  expect(registry.requests()).toBe(1);
});

test("a branch with its own lockfile and settings changes neither the key nor a byte of the cache, and is not covered", async () => {
  const keys = (): string[] => readyPackageStores(world.contract).map(({ key }) => key);
  const before = { keys: keys(), content: await cacheContent(), requests: registry.requests() };
  const hostile = await world.push("hostile", {
    ...registry.parts("other"),
    "frontend/.npmrc": `store-dir=${packageCachePath(world.contract)}\nregistry=http://127.0.0.1:1/\n`,
    "frontend/.pnpmfile.cjs": `require("node:fs").writeFileSync("/tmp/hostile", "")`,
    "frontend/pnpm-workspace.yaml": `packages: []\nstoreDir: ${packageCachePath(world.contract)}\n`,
  });
  expect(await ensurePackageCache(world.context, main)).toMatchObject({ key: before.keys[0], already: true });
  expect({ keys: keys(), content: await cacheContent(), requests: registry.requests() }).toEqual(before);
  expect(await storeFor(hostile)).toBeNull();
});

test("a covered install fetches nothing, gets copies, and hands nothing on to the next slot", async () => {
  const branch = await world.push("covered", { "frontend/src.js": "1" });
  const store = await storeFor(branch);
  expect(store).not.toBeNull();
  const [requests, content] = [registry.requests(), await cacheContent()];
  const step = await aWorktree(world.slot, "covered", "tiny");
  expect(await runTries(world.slot, withPackageCache(step, store))).toEqual([0]);
  const installed = `${step.cwd}/node_modules/tiny/index.js`;
  expect((await stat(installed)).nlink).toBe(1);
  const poison = { ...step, argv: ["sh", "-c", `echo poison > ${installed}`] };
  expect(await runTries(world.slot, [poison])).toEqual([0]);
  const next = await aWorktree(world.other, "next", "tiny");
  expect(await runTries(world.other, withPackageCache(next, store))).toEqual([0]);
  expect(await readFile(`${next.cwd}/node_modules/tiny/index.js`, "utf8")).toBe(PACKAGE_CONTENT);
  expect(registry.requests()).toBe(requests);
  expect(await cacheContent()).toEqual(content);
});

test("an install that the store does not have everything for goes on with the slot's own", async () => {
  const step = await aWorktree(world.slot, "uncovered", "other");
  const codes = await runTries(world.slot, withPackageCache(step, await storeFor(main)));
  expect(codes).toHaveLength(2);
  expect(codes[0]).not.toBe(0);
  expect(codes[1]).toBe(0);
  expect(await readFile(`${step.cwd}/node_modules/other/index.js`, "utf8")).toBe(PACKAGE_CONTENT);
});

test("an application that installs with something else has no cache", async () => {
  const python = JSON.parse(MANIFEST) as { frontend: object; backend: object };
  const install = ["python3", "-m", "venv", ".venv"];
  const manifest = { ...python, frontend: { install }, backend: { install, start: ["python3", "server.py"] } };
  const commit = await world.push("python", { "oroboros.app.json": JSON.stringify(manifest) });
  expect(await ensurePackageCache(world.context, commit)).toEqual({ kind: "not_used" });
});

test("the cache follows main, and a main that can not be fetched is told and holds nothing back", async () => {
  const told: string[] = [];
  const say = (_fields: object, message: string): void => void told.push(message);
  const stop = new AbortController();
  const log = { info: say, warn: say, error: say };
  const keeping = keepPackageCache({ ...world.context, log }, { intervalMs: 50, signal: stop.signal });
  const broken = {
    "oroboros.app.json": MANIFEST,
    "frontend/pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters: nonsense\n",
  };
  await world.push("main", broken);
  await eventually(() => told.some((message) => message.includes("were not fetched")), DEADLINE);
  const next = await world.push("main", registry.parts("other"));
  await eventually(async () => (await storeFor(next)) !== null, DEADLINE);
  expect(await storeFor(main)).not.toBeNull();
  stop.abort();
  await keeping;
});
