import { PACKAGES_USER, WORKER_USER } from "@oroboros/slot-contract/host";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Host } from "./boot-host.ts";
import { aDriver, type Driver } from "./driver/a-driver.ts";
import { bootDrivenHost } from "./driver/boot-driven-host.ts";

const CACHE = "/var/cache/oroboros/packages";
const [A, B, C] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];
const LOCKFILE = { oid: "1".repeat(40), text: "lockfileVersion: '9.0'\n" };
// Stands in for pnpm, which would fetch: what it is told, it writes into the store that it was told of.
const PNPM = `#!/bin/sh
[ "$1" = --version ] && { echo 9.9.9; exit 0; }
grep -q refused pnpm-lock.yaml && { echo "ERR_PNPM_REFUSED" >&2; exit 1; }
for store; do :; done
mkdir -p "$store/files" && { id -un; pwd; env; } >"$store/files/said" && chmod 600 "$store/files/said"
`;
let host: Host & AsyncDisposable;
let worker: Driver;

beforeAll(async () => {
  host = await bootDrivenHost({ pnpm: PNPM });
  worker = await aDriver(host, WORKER_USER);
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

const fill = (key: string, lockfile = LOCKFILE, by = worker): Promise<unknown> =>
  by.ask("fill", { key, lockfiles: [lockfile] });
const stores = async (): Promise<string[]> =>
  (await host.box.must(["ls", CACHE])).split("\n").filter((name) => name !== "");

test("a store is filled by its own user, for every slot to read, and the second time it is there already", async () => {
  expect(await fill(A)).toMatchObject({ already: false, isolated: true });
  expect(await fill(A)).toMatchObject({ already: true });
  const said = await host.box.must(["cat", `${CACHE}/${A}/store/files/said`], { user: "oroboros-preview-1" });
  expect(said.split("\n")[0]).toBe(PACKAGES_USER);
  expect(said).toContain("CI=true");
  expect((await host.box.run(["touch", `${CACHE}/${A}/store/mine`], { user: WORKER_USER })).exitCode).not.toBe(0);
  expect(JSON.parse(await host.box.must(["cat", `${CACHE}/${A}/complete.json`]))).toEqual({
    lockfiles: [LOCKFILE.oid],
    pnpm: "9.9.9",
  });
});

test("a fill that fails says what pnpm said, and leaves nothing", async () => {
  await expect(fill(B, { ...LOCKFILE, text: "refused: true\n" })).rejects.toMatchObject({
    code: "step_failed",
    message: expect.stringContaining("ERR_PNPM_REFUSED"),
  });
  expect(await stores()).toEqual([A]);
});

test("the two stores that were used last are kept, and whoever asks, worker or root, one is filled at a time", async () => {
  await using root = await aDriver(host, "root");
  await Promise.all([fill(B), fill(B, LOCKFILE, root)]);
  await fill(A);
  await fill(C);
  expect(await stores()).toEqual([A, C]);
});

test("a store is removed, and one that is not there is fine", async () => {
  await worker.ask("remove", { key: A });
  await worker.ask("remove", { key: A });
  expect(await stores()).toEqual([C]);
});
