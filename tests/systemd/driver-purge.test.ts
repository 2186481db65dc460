import { WORKER_USER } from "@oroboros/slot-contract/host";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Host } from "./boot-host.ts";
import { aDriver, type Driver, WORKTREES } from "./driver/a-driver.ts";
import { BACKEND_JOB, backendJob } from "./driver/backend-job.ts";
import { bootDrivenHost } from "./driver/boot-driven-host.ts";

const DEADLINE = { deadlineMs: 60_000 };
const HOME = "/var/lib/oroboros/slots/preview-1";
const RUN = "/run/oroboros/slots/preview-1";
let host: Host & AsyncDisposable;
let worker: Driver;

beforeAll(async () => {
  host = await bootDrivenHost();
  worker = await aDriver(host, WORKER_USER);
  await host.box.must(["ip", "link", "set", "lo", "up"]);
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

const listed = async (path: string): Promise<string[]> =>
  (await host.box.must(["ls", "-A", path])).split("\n").filter((name) => name !== "");
const has = async (path: string): Promise<boolean> => (await host.box.run(["test", "-e", path])).exitCode === 0;
const modeOf = (path: string): Promise<string> => host.box.must(["stat", "-c", "%a %U %G", path]);
const publish = (script?: string): Promise<void> =>
  host.box.write(
    BACKEND_JOB,
    backendJob(script === undefined ? {} : { script }),
    0o640,
    `${WORKER_USER}:oroboros-preview-1`,
  );

// What a branch leaves that does not want to be removed: places without rights, of great depth, with names that are no plain text, and
// links to what is not its own.
const DEEP = `const fs = require("fs"); for (let depth = 0; depth < 600; depth += 1) { fs.mkdirSync("d123456789"); process.chdir("d123456789"); }
  fs.writeFileSync("file", ""); fs.chmodSync(".", 0);`;
const HOSTILE = String.raw`
  mkdir -p locked/inner/deep "$HOME/locked" && touch locked/inner/deep/file && chmod 000 locked/inner/deep && chmod 000 locked/inner && chmod 000 locked "$HOME/locked"
  mkdir sealed && touch sealed/file && chmod 500 sealed
  node -e '${DEEP}'
  touch -- -rf "$(printf 'new\nline')" "$(printf '\377\376')" ' ' '*'
  ln -s /etc link; ln -s /srv/oroboros/worktrees/preview-2.d other; ln -s ${HOME} home; mkfifo pipe
  touch "$TMPDIR/x" "$HOME/.npmrc"; chmod 000 "$TMPDIR"`;

test("a purge leaves nothing of a hostile tree, touches nothing that it points to, and can be repeated", async () => {
  await host.box.write("/srv/oroboros/worktrees/preview-2.d/kept", "", 0o600, "oroboros-preview-2");
  await host.box.write(`${RUN}/backend.json`, "{}", 0o640, WORKER_USER);
  const { result, stderr } = await worker.step({ argv: ["bash", "-c", HOSTILE] }).ended;
  expect({ exitCode: result?.["exitCode"], stderr }).toEqual({ exitCode: 0, stderr: "" });
  for (let time = 0; time < 2; time += 1) {
    await worker.ask("purge");
    expect(await listed(WORKTREES)).toEqual([]);
    expect(await listed(HOME)).toEqual(["tmp"]);
    expect(await listed(`${HOME}/tmp`)).toEqual([]);
    expect(await listed(RUN)).toEqual([]);
    expect(await modeOf(`${HOME}/tmp`)).toBe("700 oroboros-preview-1 oroboros-preview-1\n");
  }
  expect(await has("/srv/oroboros/worktrees/preview-2.d/kept")).toBe(true);
  expect(await has("/etc/passwd")).toBe(true);
  expect((await worker.step({ argv: ["pwd"], cwd: `${HOME}/tmp`.slice(0, -4) }).ended).result).toMatchObject({
    exitCode: 0,
  });
});

test("a purge goes through where a branch has locked its own home and worktrees themselves", async () => {
  await worker.step({ argv: ["sh", "-c", `mkdir -p sub; chmod 000 "$HOME"; chmod 000 .`] }).ended;
  await worker.ask("purge");
  expect(await listed(WORKTREES)).toEqual([]);
  expect((await worker.step({ argv: ["true"] }).ended).result).toMatchObject({ exitCode: 0 });
});

test("what a branch has opened of its own directories is closed by a purge, and nobody is on a list of theirs", async () => {
  const list = `python3 -c 'import os; os.setxattr(".", "system.posix_acl_default", b"")'`;
  const opened = await worker.step({ argv: ["sh", "-c", `chmod 0777 "$HOME" ..; ${list} || echo refused`] }).ended;
  expect(opened.stdout).toContain("refused");
  await worker.ask("purge");
  expect(await modeOf(HOME)).toMatch(/^700 /);
  expect(await modeOf(WORKTREES)).toMatch(/^750 /);
});

test("a purge ends every process of the slot, whatever it ignores, and whoever waits for one", async () => {
  const deaf = `trap "" TERM; while :; do sleep 1; done`;
  // Longer than the unit itself has it, so that a purge on a busy machine is told from one that waits for that.
  const patience = "/run/systemd/system/ouroboros-preview-backend@preview1.service.d/patient.conf";
  await host.box.write(patience, "[Service]\nTimeoutStopSec=140\n");
  await host.box.systemctl("daemon-reload");
  await publish(`process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("deaf")`);
  const starting = worker.backend("start", { healthTimeoutMs: 60_000 });
  const building = worker.step({ argv: ["sh", "-c", `setsid sh -c '${deaf}' & touch building; ${deaf}`] });
  await eventually(() => has(`${WORKTREES}/building`), DEADLINE);
  await eventually(async () => ((await worker.ask("tail", { lines: 1 })) as string[])[0] === "deaf", DEADLINE);
  const purgedAt = performance.now();
  await worker.ask("purge", { epoch: 7 });
  expect(performance.now() - purgedAt).toBeLessThan(90_000);
  expect((await host.box.run(["pgrep", "--runstates", "R,S,D,T,t,I", "--uid", "oroboros-preview-1"])).stdout).toBe("");
  expect(await starting).toMatchObject({ ok: false });
  await building.ended;
  await host.box.must(["rm", patience]);
  await host.box.systemctl("daemon-reload");
  expect(await worker.backend("start")).toMatchObject({ ok: false, reason: "backend_not_started" });
});

test("nothing of another slot is ended or removed by a purge", async () => {
  const cwd = "/srv/oroboros/worktrees/preview-2.d";
  const other = worker.step({ argv: ["sh", "-c", "touch mine; sleep 5; test -e mine"], cwd }, { slot: "preview-2" });
  await eventually(() => has(`${cwd}/mine`), DEADLINE);
  await worker.ask("purge");
  expect((await other.ended).result).toMatchObject({ exitCode: 0 });
});

test("a step of the same lease that is asked for during a purge waits for its end", async () => {
  const many = `for (let i = 0; i < 20000; i += 1) require("fs").writeFileSync("f" + i, "")`;
  await worker.step({ argv: ["node", "-e", many] }, { epoch: 9 }).ended;
  let isOver = false;
  const purged = worker.ask("purge", { epoch: 9 }).finally(() => (isOver = true));
  const state = ["systemctl", "show", "--value", "--property=ActiveState", "ouroboros-purge@preview1.service"];
  const isPurging = async (): Promise<boolean> => (await host.box.must(state)).startsWith("activating");
  // It may have been too quick to be seen.
  await eventually(async () => isOver || (await isPurging()), DEADLINE);
  const after = worker.step({ argv: ["sh", "-c", "ls -A | head; touch made"] }, { epoch: 9 });
  await purged;
  const { result, stdout } = await after.ended;
  expect(result).toMatchObject({ exitCode: 0 });
  expect([stdout, await listed(WORKTREES)]).toEqual(["", ["made"]]);
});

test("what empties a slot refuses to run as anybody else: it kills whatever its user runs", async () => {
  const cwd = "/srv/oroboros/worktrees/preview-2.d";
  const other = worker.step({ argv: ["sh", "-c", "touch theirs; sleep 3"], cwd }, { slot: "preview-2" });
  await eventually(() => has(`${cwd}/theirs`), DEADLINE);
  const runner = ["/srv/oroboros/current/bin/node", "/srv/oroboros/current/apps/step-runner.js", "purge"];
  const env = { SLOT_ID: "preview-1" };
  const { exitCode, stdout } = await host.box.run(runner, { user: "oroboros-preview-2", env });
  expect(exitCode).toBe(78);
  expect(stdout).toContain("this is not the user of preview-1");
  expect((await other.ended).result).toMatchObject({ exitCode: 0 });
});
