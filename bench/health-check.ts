import { execFile } from "node:child_process";
import { availableParallelism, loadavg } from "node:os";
import { promisify } from "node:util";
import { systemClock } from "@oroboros/host";
import { checkHost } from "@oroboros/operations";
import { eventually } from "@oroboros/test-support";
import { startHealthTopology, type HealthTopology } from "./health-topology.ts";
import { median, round, type Bench, type BenchResult } from "./result.ts";

const TARGET_MS = 15;
const SLOW_MS = 200;
const run = promisify(execFile);

/** What one round took: all of it, the slowest service by curl's own clock, and one command after the other as a runbook types them. */
interface Round {
  ours: number;
  slowest: number;
  sequential: number;
}

/**
 * The health check of every service of a host, beside the slowest of them and the documents' own commands one after the other, by
 * turns: as they are, and once more where one of them takes 200 ms. The check runs in this process; what the whole command takes is
 * measured without a target, because most of that is the start of Node.
 */
export const benchHealthCheck: Bench = async ({ quick, say }) => {
  const host = await startHealthTopology();
  try {
    await eventually(async () => (await look(host)).ok, { deadlineMs: 60_000 });
    const rounds = quick ? 12 : 100;
    const usual = await measure(host, rounds);
    say(`as they are: ${round(usual.over, 1)} ms over the slowest service`);
    const command = await wholeCommand(host, quick ? 3 : 20);
    await host.slowDown(SLOW_MS);
    const slow = await measure(host, Math.ceil(rounds / 4));
    say(`one that takes ${SLOW_MS} ms: ${round(slow.over, 1)} ms over it`);
    return report({ usual, slow, command }, { rounds, quick });
  } finally {
    await host.stop();
  }
};

const look = ({ contract, topology }: HealthTopology) =>
  checkHost({ contract, topology, scope: "all", clock: systemClock });

type Measured = Round & { over: number; ratio: number; services: number };

async function measure(host: HealthTopology, rounds: number): Promise<Measured> {
  const commands = (await look(host)).services.map(({ target }) => commandFor(target));
  const seen: Round[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const startedAt = performance.now();
    const { ok, services } = await look(host);
    const ours = performance.now() - startedAt;
    if (!ok) throw new Error(`not healthy: ${JSON.stringify(services.filter(({ detail }) => detail !== null))}`);
    seen.push({ ours, ...(await oneAfterTheOther(commands)) });
  }
  const of = (name: keyof Round): number => median(seen.map((one) => one[name]));
  return {
    ours: of("ours"),
    slowest: of("slowest"),
    sequential: of("sequential"),
    over: median(seen.map((one) => one.ours - one.slowest)),
    ratio: median(seen.map((one) => one.ours / one.sequential)),
    services: commands.length,
  };
}

type Command = [program: string, ...args: string[]];

/** What the documents type for it. */
function commandFor(target: string): Command {
  const [, url = target, site] = /^(.*?)(?: \((.*)\))?$/.exec(target) ?? [];
  const { protocol, hostname, port } = new URL(url);
  if (protocol === "postgresql:") return ["pg_isready", "-q", "-h", hostname, "-p", port];
  if (protocol === "redis:") return ["redis-cli", "-h", hostname, "-p", port, "ping"];
  const named = site === undefined ? [] : ["-H", `Host: ${site}`];
  // An unknown site is refused, which is what is asked there.
  return ["curl", "-sS", "-o", "/dev/null", "-w", "%{time_total}", ...named, url];
}

async function oneAfterTheOther(commands: readonly Command[]): Promise<Omit<Round, "ours">> {
  const startedAt = performance.now();
  let slowest = 0;
  for (const [program, ...args] of commands) {
    const { stdout } = await run(program, args);
    if (program === "curl") slowest = Math.max(slowest, Number(stdout) * 1_000);
  }
  return { slowest, sequential: performance.now() - startedAt };
}

/** As an operator types it, with Node's start and everything that the command loads. */
async function wholeCommand({ runtime }: HealthTopology, times: number): Promise<number> {
  const took: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const startedAt = performance.now();
    await runtime.cli("host", "health-check");
    took.push(performance.now() - startedAt);
  }
  return median(took);
}

function report(
  { usual, slow, command }: { usual: Measured; slow: Measured; command: number },
  { rounds, quick }: { rounds: number; quick: boolean },
): BenchResult {
  const load = `${round(loadavg()[0] ?? 0)} on ${availableParallelism()} cores`;
  const row = ({ ours, slowest, sequential, over }: Measured, what: string): string =>
    `${what.padEnd(26)} ${round(ours, 1)} ms, slowest service ${round(slowest, 1)} ms (curl's clock): ${round(over, 1)} ms over it (target ${TARGET_MS}); peer: one command after the other ${round(sequential, 0)} ms`;
  return {
    bench: "health-check",
    ratios: {
      ms_over_slowest: round(usual.over, 1),
      ms_over_slow_service: round(slow.over, 1),
      check_to_sequential_commands: round(usual.ratio, 3),
    },
    targets: { ms_over_slowest: TARGET_MS, ms_over_slow_service: TARGET_MS },
    met: usual.over <= TARGET_MS && slow.over <= TARGET_MS,
    not_measured: quick ? ["88 of 100 rounds"] : [],
    table: [
      `${usual.services} checks of a host at once, median of ${rounds} rounds by turns; load average ${load}`,
      row(usual, "as they are"),
      row(slow, `one takes ${SLOW_MS} ms`),
      `whole command              ${round(command, 0)} ms with the start of Node (no target)`,
    ],
  };
}
