import { WORKER_USER } from "@oroboros/slot-contract/host";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Host } from "./boot-host.ts";
import { aDriver, type Driver, WORKTREES } from "./driver/a-driver.ts";
import { bootDrivenHost } from "./driver/boot-driven-host.ts";

const DEADLINE = { deadlineMs: 15_000 };
let host: Host & AsyncDisposable;
let worker: Driver;

beforeAll(async () => {
  host = await bootDrivenHost();
  worker = await aDriver(host, WORKER_USER);
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

const sh = (script: string): { argv: string[] } => ({ argv: ["sh", "-c", script] });
const has = async (file: string): Promise<boolean> => (await host.box.run(["test", "-e", `${WORKTREES}/${file}`])).exitCode === 0;
const processesOf = async (user: string): Promise<string> => (await host.box.run(["pgrep", "-a", "-u", user])).stdout;

test("a step runs as its slot's user, and both its streams and its exit code come through", async () => {
  const started = performance.now();
  const { result, stdout, stderr } = await worker.step(sh("id -un; echo err >&2; exit 3")).ended;
  expect({ stdout, stderr }).toEqual({ stdout: "oroboros-preview-1\n", stderr: "err\n" });
  expect(result).toMatchObject({ exitCode: 3, signal: null, timedOut: false });
  console.log("step took", performance.now() - started);
});
