import { execFileSync } from "node:child_process";
import { chown, link, mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { backendJobFile, type SlotId } from "@oroboros/slot-contract";
import { backendInvocationFile, backendStartFile, epochFile, lockFile } from "@oroboros/slot-contract/host";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findBackendJob } from "./find-backend-job.ts";
import { removeTree } from "./remove-tree.ts";
import { openEpochFence, readEpoch } from "./slot/epoch-fence.ts";
import { lastStart } from "./systemd/backend-state.ts";
import { takeLock } from "./take-lock.ts";

const slot = "preview-1" as SlotId;
const SECRET = "DATABASE_URL=postgresql://oroboros:hunter2@127.0.0.1/oroboros\n";
/** Nobody that the directory belongs to. */
const STRANGER = 48_113;

let root: string;
let contract: { root: string };
let secret: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "oroboros-slot-files-"));
  contract = { root };
  secret = join(root, "api.env");
  await writeFile(secret, SECRET, { mode: 0o600 });
  await mkdir(dirname(backendJobFile(contract, slot)), { recursive: true });
  await mkdir(dirname(epochFile(contract, slot)), { recursive: true });
});
afterEach(() => removeTree(root));

type Case = [what: string, path: () => string, read: () => Promise<unknown>, missing: unknown];
const CASES: Case[] = [
  ["the published job", () => backendJobFile(contract, slot), () => findBackendJob(contract, slot), undefined],
  ["the started job", () => backendStartFile(contract, slot), () => started("job"), undefined],
  ["the invocation", () => backendInvocationFile(contract, slot), () => started("invocation"), undefined],
  ["the epoch", () => epochFile(contract, slot), () => readEpoch(slot, epochFile(contract, slot)), -1n],
  ["the fence", () => epochFile(contract, slot), () => fenced(), "free"],
];

const started = async (what: "job" | "invocation"): Promise<unknown> => (await lastStart(contract, slot))[what];
const fenced = async (): Promise<string> => {
  await openEpochFence({ slot, file: epochFile(contract, slot) });
  return "free";
};

describe.each(CASES)("%s", (_what, path, read, missing) => {
  const refused = async (): Promise<void> => {
    const error: unknown = await read().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "path_refused", message: expect.stringContaining(path()) });
    expect(JSON.stringify(error) + String(error)).not.toContain("hunter2");
  };

  test("may be missing, and its directory as well", async () => {
    expect(await read()).toBe(missing);
    await removeTree(dirname(path()));
    expect(await read()).toBe(missing);
  });

  test("is not read through a link", async () => {
    await symlink(secret, path());
    await refused();
  });

  test("is not waited for where it is a fifo", async () => {
    execFileSync("mkfifo", [path()]);
    await refused();
  });

  test("is not read where it is another name of somebody's file", async () => {
    await link(secret, path());
    await refused();
  });

  test("is not read where it is larger than it ever is", async () => {
    await writeFile(path(), "7".repeat(300_000));
    await refused();
  });

  test.runIf(process.geteuid?.() === 0)(
    "is not read where it belongs to neither the directory's owner nor root",
    async () => {
      await writeFile(path(), SECRET);
      await chown(path(), STRANGER, STRANGER);
      await refused();
      await chown(dirname(path()), STRANGER, STRANGER);
      const error: unknown = await read().catch((caught: unknown) => caught);
      expect(error).not.toMatchObject({ code: "path_refused" });
      await chown(path(), 0, 0);
      expect(await read().catch((caught: unknown) => caught)).not.toMatchObject({ code: "path_refused" });
    },
  );
});

test("what is no job is named, and not shown", async () => {
  await writeFile(backendJobFile(contract, slot), SECRET);
  const error: unknown = await findBackendJob(contract, slot).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "invalid_request", message: `${backendJobFile(contract, slot)} holds no job.` });
  expect(String((error as Error).stack)).not.toContain("DATABASE_URL");
  await writeFile(backendStartFile(contract, slot), SECRET);
  expect(await started("job")).toBeUndefined();
  expect(await readFile(secret, "utf8")).toBe(SECRET);
});

test("a fifo in a lock's place is not waited for", async () => {
  const path = lockFile(contract, slot);
  execFileSync("mkfifo", [path]);
  await using lock = await takeLock(path, { what: slot, waitMs: 60_000 });
  expect(lock).toBeDefined();
});
