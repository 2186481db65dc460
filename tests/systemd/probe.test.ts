import {
  backendLog,
  backendUnit,
  defineContract,
  slotIds,
  slotRunPath,
  STEP_KINDS,
  type SlotId,
  type StepKind,
} from "@oroboros/slot-contract";
import { outcomeFile, stepLog, stepUnit } from "@oroboros/slot-contract/host";
import { eventually, reportMatrix } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootHost, type Host } from "./boot-host.ts";
import { connectToOthers, SERVED, serve } from "./populate.ts";
import type { Report, Victims } from "./programs/probe.ts";

type Kind = StepKind | "backend";

// Little, so that it is soon taken.
const CONTRACT = defineContract({ slotLimits: { memoryMb: 256, tasks: 64, cpuPercent: 150 } });
const SLOT = slotIds(CONTRACT)[0] as SlotId;
const WITHOUT_NETWORK = ["connect to its own port", "connect to PostgreSQL", "connect to the internet"];
/** What a kind of unit may not do though another one may. */
const DENIED: Readonly<Record<Kind, readonly string[]>> = {
  checkout: WITHOUT_NETWORK,
  cleanup: WITHOUT_NETWORK,
  install: [],
  build: [],
  migrate: ["connect to the internet"],
  backend: ["connect to the internet"],
};

describe.each([
  { cgroups: "auto", kinds: [...STEP_KINDS, "backend"] },
  { cgroups: "v2", kinds: ["build", "backend"] },
] as const)("with control groups $cgroups", ({ cgroups, kinds }) => {
  let host: Host;
  let apiPid: number;
  beforeAll(async () => {
    host = await bootHost({
      contract: CONTRACT,
      cgroups,
      apps: { "step-runner": "probe" },
      services: ["redis-server"],
    });
    const { redis: _real, caddy: _ours, "oroboros-preview-1": _probed, ...others } = SERVED;
    await serve(host, others);
    await connectToOthers(host);
    await host.box.systemctl("start", "ouroboros-nftables.service", "ouroboros-caddy.service");
    apiPid = Number((await host.box.must(["pgrep", "--oldest", "--uid", "oroboros"])).trim());
  });
  afterAll(() => host.box.stop());

  test.each(kinds)("a branch's %s is refused whatever it may not do", async (kind) => {
    const report = await probed(host, kind, apiPid);
    const lacking = missing(host);
    const wrong = Object.entries(report).filter(([name, said]) => !isRight(kind, name, said) && !lacking.has(name));
    reportMatrix({
      matrix: `probe of ${kind}, control groups ${cgroups}`,
      cases: Object.keys(report).length,
      violations: wrong.length,
      not_enforced: [...lacking.values()],
    });
    expect(wrong).toEqual([]);
  });

  test("what a unit wrote in its own /tmp and /dev/shm is nowhere else", async () => {
    const { exitCode } = await host.box.run(["sh", "-c", "! ls /tmp/probe-was-here /dev/shm/probe-was-here"]);
    expect(exitCode).toBe(0);
  });

  test.each(["build", "backend"] as const)("a %s gets no more memory than its limit", async (kind) => {
    const { box } = host;
    const not_enforced = box.controllers.has("memory") ? [] : ["MemoryMax= (no controller memory)"];
    // Version 1, which alone has this one, knows no memory.oom.group: there the largest process is killed, and not all of them.
    if (box.controllers.has("cpuacct")) not_enforced.push("OOMPolicy=kill under cgroup v1");
    reportMatrix({ matrix: `memory of ${kind}, control groups ${cgroups}`, cases: 1, violations: 0, not_enforced });
    if (!box.controllers.has("memory")) return;
    const outcome = outcomeFile(CONTRACT, unitOf(kind));
    await box.must(["rm", "--force", outcome]);
    await tellVictims(host, "memory", apiPid);
    await box.run(["systemctl", "start", unitOf(kind)]);
    const ended = async () =>
      /"taker":"(SIGKILL)"/.exec(await said(host, kind)) ??
      /"result":"(oom-kill)"/.exec((await box.run(["cat", outcome])).stdout);
    await eventually(ended, { deadlineMs: 120_000 });
    await box.run(["systemctl", "stop", unitOf(kind)]);
  });

  test("the probe reports what a unit without its sandbox lets it do", async () => {
    const open = [
      ...[
        "ProtectProc=default",
        "InaccessiblePaths=",
        "TemporaryFileSystem=",
        "ReadWritePaths=/srv/oroboros/worktrees",
      ],
      ...["RestrictAddressFamilies=", "RestrictNamespaces=no", "SystemCallFilter=", "RestrictSUIDSGID=no"],
      ...["LimitFSIZE=infinity", "TasksMax=infinity", "PrivateDevices=no"],
    ];
    const directory = "/run/systemd/system/ouroboros-step-build@.service.d";
    await host.box.write(`${directory}/open.conf`, `[Service]\n${open.join("\n")}\n`);
    await host.box.systemctl("daemon-reload");
    await host.box.must(["nft", "delete", "table", "inet", "oroboros"]);
    const report = await probed(host, "build", apiPid);
    await host.box.must(["rm", "--recursive", directory]);
    await host.box.systemctl("daemon-reload");
    await host.box.systemctl("restart", "ouroboros-nftables.service");
    for (const name of ["see processes of others", "connect to 127.0.0.1:8000", "make a namespace of users"]) {
      expect(report[name], name).toMatch(/^done/);
    }
    expect(report["write a file beyond its limit"]).toBe("done");
  });
});

function isRight(kind: Kind, name: string, answer: string): boolean {
  const isExpected = name.startsWith("(may) ") && !DENIED[kind].includes(name.slice("(may) ".length));
  return isExpected ? answer.startsWith("done") : answer === "refused";
}

/** What this machine does not enforce: named, and no violation. */
function missing({ box }: Host): Map<string, string> {
  const names: [string, string][] = [["run more processes than its limit", "TasksMax= (no controller pids)"]];
  return new Map(box.controllers.has("pids") ? [] : names);
}

/** Runs the probe as a unit of the slot, and reads what it said. */
async function probed(host: Host, kind: Kind, apiPid: number): Promise<Report> {
  await tellVictims(host, "forbidden", apiPid);
  const started = await host.box.run(["systemctl", "start", unitOf(kind)]);
  if (started.exitCode !== 0) throw new Error(`${started.stderr}${await said(host, kind)}`);
  const reported = async () => /^\{.*\}$/m.exec(await said(host, kind))?.[0];
  const line = await eventually(reported, { deadlineMs: 120_000 });
  await host.box.systemctl("stop", unitOf(kind));
  return JSON.parse(line) as Report;
}

const unitOf = (kind: Kind): string =>
  kind === "backend" ? backendUnit(CONTRACT, SLOT) : stepUnit(CONTRACT, kind, SLOT);

const said = ({ box }: Host, kind: Kind): Promise<string> =>
  box.must(["cat", kind === "backend" ? backendLog(CONTRACT, SLOT) : stepLog(CONTRACT, SLOT, kind)]);

async function tellVictims({ box }: Host, what: Victims["what"], pid: number): Promise<void> {
  const victims: Victims = { pid, slot: "preview-2", port: 8101, what };
  // A backend starts only where it was given something to run.
  for (const name of ["victims.json", "backend-start.json"]) {
    const path = `${slotRunPath(CONTRACT, SLOT)}/${name}`;
    await box.write(path, JSON.stringify(victims), 0o640, `oroboros-worker:oroboros-${SLOT}`);
  }
}
