import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { endOfRun, openMachine, startRuntime, type FinishedRun, type Runtime } from "@oroboros/test-runtime";
import { eventually, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const PORT_OFFSET = await takePortOffset();
const DEMO = resolve(import.meta.dirname, "../../dist/demo/main");
const LOCKFILE = "frontend/pnpm-lock.yaml";
const isRoot = process.getuid?.() === 0;

let runtime: Runtime;
let store: string;
let fetched: Map<string, string>;

beforeAll(async () => {
  runtime = await startRuntime({ portOffset: PORT_OFFSET, main: { directory: DEMO } });
  // The worker looks for a main every half minute.
  store = await eventually(readyStore, { deadlineMs: 240_000 });
  fetched = contentOf(store);
});
afterAll(() => runtime?.stop());

/** The store of main's packages, once all of them are in it. */
function readyStore(): string | undefined {
  const cache = join(runtime.root, "var/cache/oroboros/packages");
  // One that is being filled has another name.
  const key = readdirSync(cache).find((name) => /^[0-9a-f]{64}$/.test(name));
  return key === undefined ? undefined : join(cache, key, "store");
}

function contentOf(directory: string): Map<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.toSorted().map((file) => [file, createHash("sha256").update(readFileSync(file)).digest("hex")]));
}

/** How many packages the installs of a step got over the network, by what pnpm told last. */
async function downloadsOf(run: FinishedRun, type: string): Promise<number[]> {
  const log = await run.evidence(type);
  return [...log.matchAll(/downloaded ([0-9]+), added [0-9]+, done/g)].map(([, count]) => Number(count));
}

async function publish(branch: string, files: Record<string, string>): Promise<FinishedRun> {
  await runtime.pushBranch(branch, files);
  const run = await endOfRun(runtime, { title: branch, branch });
  expect(run.failure_message).toBeNull();
  return run;
}

describe("once main's packages are fetched", () => {
  let covered: FinishedRun;

  test("a branch with main's lockfiles installs without the network", async () => {
    covered = await publish("feature/covered", { "frontend/public/covered.txt": "covered" });
    expect(await downloadsOf(covered, "preview_publish_log")).toEqual([0]);
    expect(await downloadsOf(covered, "preview_dependency_sync_log")).toEqual([0]);
    expect(await covered.evidence("preview_publish_log")).not.toContain("trying_otherwise");
    expect((await fetch(`${covered.frontend_url}/covered.txt`)).status).toBe(200);
  });

  test.skipIf(!isRoot)("the slot's user can read the store and change nothing of it", async () => {
    const { uid } = openMachine(runtime, PORT_OFFSET).slot(String(covered.slot_id));
    const [file = ""] = fetched.keys();
    const asSlot = (...argv: string[]): Promise<unknown> =>
      promisify(execFile)("setpriv", [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", ...argv]);
    await asSlot("cat", file);
    for (const argv of [
      ["touch", join(store, "mine")],
      ["rm", "-f", file],
      ["cp", "/dev/null", file],
      ["mv", store, `${store}-mine`],
      ["chmod", "u+w", file],
    ])
      await expect(asSlot(...argv), argv.join(" ")).rejects.toThrow();
  });

  test("a branch with another lockfile fetches for itself", async () => {
    const lockfile = `${readFileSync(join(DEMO, LOCKFILE), "utf8")}\n# another\n`;
    const run = await publish("feature/uncovered", { [LOCKFILE]: lockfile });
    const [downloads] = await downloadsOf(run, "preview_publish_log");
    expect(downloads).toBeGreaterThan(0);
    expect(run.slot_id).not.toBe(covered.slot_id);
  });

  test("and the store is what main has fetched, byte for byte", () => {
    expect(fetched.size).toBeGreaterThan(0);
    expect(contentOf(store)).toEqual(fetched);
    expect(readyStore()).toBe(store);
  });
});
