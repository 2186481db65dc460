import { spawn } from "node:child_process";
import { access, chmod, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asUser, listProcesses, removeTree } from "@oroboros/host";
import { serviceClient } from "@oroboros/host/supervisor-client";
import { controlUid, serviceLog, slotHome, supervisorSocket } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  aRoot,
  aSupervisor,
  hasClosed,
  install,
  isRoot,
  runStep,
  spawnSupervisor,
  step,
  writeJob,
} from "./testing/a-supervisor.ts";

const DEADLINE = { deadlineMs: 60_000 };
const isAlive = (pid: number | null | undefined): boolean => listProcesses().some((entry) => entry.pid === pid);

/** Says when it is told to end, and by which signal. */
const talkative = (name: string, user: "postgres" | "control" | "surface") => ({
  name,
  user,
  argv: [
    "sh",
    "-c",
    `trap 'date +%s%N; echo TERM; exit' TERM; trap 'date +%s%N; echo INT; exit' INT; echo up; while :; do sleep 0.05; done`,
  ],
  env: { PATH: "/usr/bin:/bin" },
  cwd: "/",
});
const FOUR = [
  talkative("postgres", "postgres"),
  talkative("api", "control"),
  talkative("worker", "control"),
  talkative("web", "surface"),
];

test("a second supervisor on the same root is refused, and says who is there", async () => {
  await using supervisor = await aSupervisor();
  const { status, log } = await supervisor.again();
  expect(status).toBe(5);
  expect(log).toContain("already_running");
  expect(log).toContain(`pid ${supervisor.pid}`);
  expect((await runStep(supervisor, ["true"])).exitCode).toBe(0);
});

test("SIGTERM stops surfaces, worker, api and slots, then PostgreSQL by its own signal, and leaves no socket", async () => {
  await using supervisor = await aSupervisor({ services: FOUR });
  const { contract, slot, services } = supervisor;
  for (const { name } of FOUR) {
    await services.start(name);
    await eventually(async () => (await readFile(serviceLog(contract, name), "utf8")).includes("up"), DEADLINE);
  }
  await writeJob(supervisor);
  const report = await supervisor.slots.backend(slot, "start", { healthTimeoutMs: 60_000 });
  supervisor.signal("SIGTERM");
  expect(await supervisor.exited).toBe(0);
  const ends = await Promise.all(
    FOUR.map(async ({ name }) => {
      const [, at = "", signal = ""] =
        /^(\d+)\n(TERM|INT)$/m.exec(await readFile(serviceLog(contract, name), "utf8")) ?? [];
      return { name, at: BigInt(at), signal };
    }),
  );
  const order = ends.toSorted((a, b) => (a.at < b.at ? -1 : 1)).map(({ name, signal }) => `${name} ${signal}`);
  expect(order).toEqual(["web TERM", "worker TERM", "api TERM", "postgres INT"]);
  expect(report).toMatchObject({ ok: true });
  expect(report.ok && isAlive(report.pid)).toBe(false);
  await expect(access(supervisorSocket(contract))).rejects.toThrow("ENOENT");
});

test("a daemon that a step has left in a session of its own ends with the supervisor", async () => {
  await using supervisor = await aSupervisor();
  const file = `${slotHome(supervisor.contract, supervisor.slot)}/daemon`;
  const daemonScript = `trap "" TERM; echo $$ > ${file}; while :; do sleep 0.2; done`;
  const script = `setsid sh -c '${daemonScript}' > /dev/null 2>&1 & while [ ! -s ${file} ]; do sleep 0.05; done`;
  expect((await runStep(supervisor, ["sh", "-c", script])).exitCode).toBe(0);
  const daemon = Number(await readFile(file, "utf8"));
  expect(isAlive(daemon)).toBe(true);
  supervisor.signal("SIGTERM");
  expect(await supervisor.exited).toBe(0);
  expect(isAlive(daemon)).toBe(false);
});

test("a shutdown over the admin socket answers once everything is stopped; a second one finds nobody", async () => {
  await using supervisor = await aSupervisor({ services: FOUR });
  const { pid } = await supervisor.services.start("api");
  expect(await supervisor.services.shutdown()).toBe(true);
  expect(isAlive(pid)).toBe(false);
  expect(await supervisor.exited).toBe(0);
  expect(await supervisor.services.shutdown()).toBe(false);
});

test("a service is started once, listed, stopped once", async () => {
  await using supervisor = await aSupervisor({ services: FOUR });
  const { services } = supervisor;
  const first = await services.start("api");
  expect(first).toMatchObject({ name: "api", state: "running", already: false });
  expect(await services.start("api")).toEqual({ ...first, already: true });
  expect((await services.list()).map(({ name, state }) => `${name} ${state}`)).toEqual([
    "postgres stopped",
    "api running",
    "worker stopped",
    "web stopped",
  ]);
  expect(await services.stop("api")).toMatchObject({ state: "stopped", already: false });
  expect(await services.stop("api")).toMatchObject({ state: "stopped", already: true });
  await expect(services.start("sshd")).rejects.toMatchObject({ code: "not_installed" });
});

test("a service that ran and ends by itself is started again; one that fails to start, or was stopped, is not", async () => {
  const one = (name: string, argv: string[]) => ({ name, user: "control" as const, argv, env: {}, cwd: "/" });
  const place = await mkdtemp(join(tmpdir(), "oroboros-steady-"));
  onTestFinished(() => removeTree(place));
  await chmod(place, 0o777);
  // The first one ends, later than one that failed to start would have; the second one stays.
  const steadily = `[ -e ${place}/ran ] && exec /bin/sleep 1000; : > ${place}/ran; exec /bin/sleep 5.5`;
  const services = [one("steady", ["/bin/sh", "-c", steadily]), one("broken", ["/bin/false"])];
  await using supervisor = await aSupervisor({ services });
  const first = await supervisor.services.start("steady");
  await supervisor.services.start("broken");
  const steady = async () => (await supervisor.services.list()).find(({ name }) => name === "steady");
  await eventually(async () => {
    const now = await steady();
    return now?.state === "running" && now.pid !== first.pid;
  }, DEADLINE);
  expect(await supervisor.services.list()).toMatchObject([{ name: "steady" }, { name: "broken", state: "stopped" }]);
  await eventually(() => supervisor.log().includes("is started again"), DEADLINE);
  expect(supervisor.log().match(/is started again/g)).toHaveLength(1);
  await supervisor.services.stop("steady");
  expect(await steady()).toMatchObject({ state: "stopped" });
  expect(supervisor.log().match(/is started again/g)).toHaveLength(1);
});

test("the slots' socket reaches no service", async () => {
  await using supervisor = await aSupervisor({ services: FOUR });
  const throughSlots = serviceClient({ socketPath: supervisorSocket(supervisor.contract) });
  for (const attempt of [throughSlots.start("api"), throughSlots.list(), throughSlots.shutdown()]) {
    await expect(attempt).rejects.toMatchObject({ code: "route_not_found" });
  }
});

test("when the supervisor is killed its processes go with it, and the next one starts", async () => {
  await using supervisor = await aSupervisor({ services: FOUR });
  const { contract, slots, slot } = supervisor;
  const { pid } = await supervisor.services.start("api");
  const orphaned = `sh -c 'echo $$ > ${slotHome(contract, slot)}/orphan; exec sleep 1000' & wait`;
  const running = slots.runStep(slot, step(supervisor, ["sh", "-c", orphaned]), {}).catch(() => "cut off");
  const orphan = Number(await eventually(() => readFile(`${slotHome(contract, slot)}/orphan`, "utf8"), DEADLINE));
  supervisor.signal("SIGKILL");
  expect(await running).toBe("cut off");
  await eventually(() => !isAlive(pid), DEADLINE);
  const next = spawnSupervisor(contract);
  await eventually(() => next.log().includes('"ready"'), DEADLINE);
  if (isRoot) expect(isAlive(orphan)).toBe(false);
  else process.kill(orphan);
  next.child.kill("SIGTERM");
  await hasClosed(next.child);
});

describe.skipIf(!isRoot)("as root", () => {
  test("a process that is not ours under one of our users is not touched, and stops the start", async () => {
    const contract = await aRoot();
    await install(contract, {});
    const uid = controlUid(contract);
    const [program, ...args] = asUser({ uid, gid: uid }, ["sleep", "1000"]);
    const stranger = spawn(program, args, { cwd: "/", stdio: "ignore" });
    try {
      await eventually(
        () => listProcesses().some((entry) => entry.pid === stranger.pid && entry.uid === uid),
        DEADLINE,
      );
      const { child, log } = spawnSupervisor(contract);
      expect(await hasClosed(child)).toBe(5);
      expect(log()).toContain("uid_taken");
      expect(log()).toContain(`process ${stranger.pid}`);
      expect(isAlive(stranger.pid)).toBe(true);
    } finally {
      stranger.kill("SIGKILL");
      await removeTree(contract.root);
    }
  });

  test("without root no branch runs unless it is trusted, and the log says what is not isolated", async () => {
    await using careful = await aSupervisor({ unprivileged: true, trustBranch: false });
    await expect(runStep(careful, ["true"])).rejects.toMatchObject({ code: "branch_not_trusted" });
    await expect(careful.slots.purge(careful.slot)).rejects.toMatchObject({ code: "branch_not_trusted" });
    expect(await careful.slots.backend(careful.slot, "start")).toMatchObject({
      ok: false,
      reason: "branch_not_trusted",
    });
    await using trusting = await aSupervisor({ unprivileged: true, trustBranch: true });
    expect((await runStep(trusting, ["id", "-u"])).stdout).toBe("39999\n");
    expect(trusting.log()).toContain("NOT ISOLATED");
  });
});

test("an installation that is none is refused", async () => {
  const contract = await aRoot();
  const { child, log } = spawnSupervisor(contract);
  expect(await hasClosed(child)).toBe(1);
  expect(log()).toContain("not_installed");
  await removeTree(contract.root);
});
