import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { eventually } from "@oroboros/test-support";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { armFault, faultPoint } from "./fault-point.ts";

const HERE = resolve(import.meta.dirname, "fault-point.ts");

// The other tests of this package run in the same process.
afterEach(() => armFault(undefined));

test("a point that is not armed does nothing, and one that is throws once", async () => {
  armFault("publish.after_migrate:throw");
  await faultPoint("publish.after_reset");
  await expect(faultPoint("publish.after_migrate")).rejects.toThrow("fault at publish.after_migrate");
  await faultPoint("publish.after_migrate");
});

test("an armed point kills its process at once", () => {
  const program = `import { armFault, faultPoint } from ${JSON.stringify(HERE)};
    armFault("publish.after_migrate:kill"); await faultPoint("publish.after_migrate"); console.log("went on");`;
  const died = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  expect([died.signal, died.stdout]).toEqual(["SIGKILL", ""]);
  expect(JSON.parse(died.stderr)).toEqual({ fault: "publish.after_migrate", kind: "kill" });
});

test("an armed point that pauses goes on when it is told to", async () => {
  const program = `import { armFault, faultPoint } from ${JSON.stringify(HERE)};
    armFault("publish.after_migrate:pause"); await faultPoint("publish.after_migrate"); console.log("went on");`;
  const paused = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  onTestFinished(() => void paused.kill("SIGKILL"));
  const status = `/proc/${paused.pid}/status`;
  await eventually(() => readFileSync(status, "utf8").includes("T (stopped)"), { deadlineMs: 60_000 });
  paused.kill("SIGCONT");
  const [said] = (await once(paused.stdout, "data")) as [Buffer];
  expect(said.toString()).toBe("went on\n");
});

test("an armed point that hangs never goes on", async () => {
  armFault("publish.after_migrate:hang");
  const hung = faultPoint("publish.after_migrate").then(() => "went on");
  expect(await Promise.race([hung, new Promise((done) => setImmediate(done, "hangs"))])).toBe("hangs");
});

test.each(["publish.after_migrate", "publish:kill", "publish.after_migrate:burn", "publish.after_nothing:kill", "x"])(
  "%s arms nothing",
  (text) => {
    expect(() => armFault(text)).toThrow("OROBOROS_FAULT can not be");
  },
);
