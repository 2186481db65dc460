import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { renderCaddy } from "@oroboros/caddy-gen";
import { topologyOf, type ServiceTopology } from "@oroboros/operations";
import {
  apiPort,
  backendPort,
  currentPath,
  loopbackUrl,
  parseEnvFile,
  parseEnvironment,
  slotIds,
  webMainPort,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { contractOf, installationEnvironment, workerEnvironmentSchema } from "@oroboros/slot-contract/environments";
import { caddySocket } from "@oroboros/slot-contract/host";
import { startRuntime, tinyApp, type Runtime } from "@oroboros/test-runtime";
import { startRedis } from "@oroboros/test-support";

const PORT_OFFSET = 7800;
const CADDY = "/usr/bin/caddy";

export interface HealthTopology {
  runtime: Runtime;
  contract: RuntimeContract;
  topology: ServiceTopology;
  /** Puts a server that takes this long for every answer in the place of the last slot's backend. */
  slowDown(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** Every service of a host: an installation with a real Redis, and the reverse proxy and production's surface that it would not have. */
export async function startHealthTopology(): Promise<HealthTopology> {
  const redis = await startRedis();
  const runtime = await startRuntime({ portOffset: PORT_OFFSET, main: tinyApp(), args: ["--redis-url", redis.url] });
  const variables = parseEnvFile(readFileSync(join(runtime.root, "etc/oroboros/worker.env"), "utf8"));
  const env = parseEnvironment("worker.env", workerEnvironmentSchema, variables);
  const contract = contractOf(env);
  const directory = mkdtempSync(join(tmpdir(), "oroboros-bench-"));
  const children = [startCaddy(contract, directory), startMainSurface(contract, directory)];
  let slow: Server | undefined;
  return {
    runtime,
    contract,
    topology: { ...topologyOf(env), hasProxy: true },
    slowDown: async (ms) => {
      const slot = slotIds(contract).at(-1);
      if (slot === undefined) throw new Error("a contract has slots");
      await runtime.cli("backend", "stop", "--slot", slot);
      slow = createServer((_request, response) => void delay(ms).then(() => response.end("{}")));
      await new Promise<void>((resolve) => slow?.listen(backendPort(contract, slot), "127.0.0.1", resolve));
    },
    stop: async () => {
      slow?.close().closeAllConnections();
      await Promise.all(children.map(end));
      await runtime.stop();
      await redis.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function startCaddy(contract: RuntimeContract, directory: string): ChildProcess {
  const file = join(directory, "Caddyfile");
  writeFileSync(file, renderCaddy(contract).find(({ path }) => path === "caddy/Caddyfile")?.text ?? "");
  mkdirSync(dirname(caddySocket(contract)), { recursive: true });
  const env = { HOME: directory, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory };
  return spawn(CADDY, ["run", "--config", file, "--adapter", "caddyfile"], { env, stdio: "ignore" });
}

function startMainSurface(contract: RuntimeContract, directory: string): ChildProcess {
  const variables = {
    ...installationEnvironment(contract),
    WEB_ROOT: directory,
    WEB_PORT: String(webMainPort(contract)),
    WEB_API_PROXY_TARGET: loopbackUrl(apiPort(contract)),
  };
  const app = `${currentPath(contract)}/apps/web-surface.js`;
  return spawn(process.execPath, [app], { env: variables, cwd: directory, stdio: "ignore" });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
