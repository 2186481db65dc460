import { createServer } from "node:http";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { systemClock } from "@oroboros/host";
import {
  defineContract,
  etcPath,
  serializeEnvFile,
  supervisorAdminSocket,
  workerPort,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { freePort, takePortOffset, withTempDir } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { commandInput } from "./command-input.ts";
import { embeddedContract, upRequest } from "./embedded.ts";
import { oneObject, runHere } from "./testing/run-here.ts";
import type { World } from "./world.ts";

const COMMANDS = [
  ["slots", "list"],
  ["slots", "health-check"],
  ["backend", "status", "--slot", "preview-1"],
];

/** The env files of an embedded installation of which nothing runs. */
async function stopped(root: string): Promise<RuntimeContract> {
  const contract = defineContract({ root, slotCount: 1, portOffset: await takePortOffset() });
  const url = `http://127.0.0.1:${await freePort()}`;
  const worker = {
    ...installationEnvironment(contract),
    DATABASE_URL: `postgresql://worker:pw@127.0.0.1:${await freePort()}/builder_control`,
    WORKER_POLL_INTERVAL_SECONDS: "5",
    WORKER_HEALTH_PORT: String(workerPort(contract)),
    PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: "postgresql+psycopg://slot@127.0.0.1:5432/app_preview_{slot}",
    SLOT_DATABASE_PASSWORD_KEY: "ab".repeat(32),
  };
  await mkdir(etcPath(contract), { recursive: true });
  await writeFile(`${etcPath(contract)}/supervisor.json`, "{}");
  await writeFile(`${etcPath(contract)}/worker.env`, serializeEnvFile(worker));
  await writeFile(`${etcPath(contract)}/cli.env`, serializeEnvFile({ OROBOROS_API_URL: url, OROBOROS_TOKEN: "t" }));
  return contract;
}

describe("while an embedded installation is stopped", () => {
  test.each(COMMANDS.map((argv) => [argv.join(" "), argv] as const))("%s says how to start it", async (_, argv) => {
    await withTempDir(async (root) => {
      await stopped(root);
      const answers = [await runHere([...argv, "--root", root]), await runHere(argv, { OROBOROS_ROOT: root })];
      for (const { exitCode, stdout } of answers) {
        expect(oneObject(stdout)).toMatchObject({
          ok: false,
          error: { code: "unreachable", hint: `Start it with: oroboros runtime up --root ${root}` },
        });
        expect(exitCode).toBe(1);
      }
    });
  });

  test("an api that the environment names is asked all the same", async () => {
    await withTempDir(async (root) => {
      await stopped(root);
      const elsewhere = { OROBOROS_ROOT: root, OROBOROS_API_URL: `http://127.0.0.1:${await freePort()}` };
      const { stdout } = await runHere(["slots", "list"], elsewhere);
      expect(oneObject(stdout)).toMatchObject({ error: { hint: expect.stringContaining("OROBOROS_API_URL") } });
    });
  });
});

test("where the supervisor runs, each command finds out itself what does not answer", async () => {
  await withTempDir(async (root) => {
    const socket = supervisorAdminSocket(await stopped(root));
    await mkdir(dirname(socket), { recursive: true });
    const supervisor = createServer((_request, response) => void response.end("[]"));
    await once(supervisor.listen(socket), "listening");
    try {
      for (const argv of COMMANDS) {
        const { stdout } = await runHere([...argv, "--root", root]);
        expect(stdout).not.toContain("is stopped");
        expect(oneObject(stdout)).toMatchObject({ ok: false });
      }
    } finally {
      supervisor.closeAllConnections();
      supervisor.close();
    }
  });
});

describe("which installation is meant", () => {
  const context = (options: Record<string, string>, environment: Record<string, string> = {}) => ({
    input: commandInput(options),
    world: {
      environment: { OROBOROS_CHECKOUT: "/clone", ...environment },
      user: { uid: 0 },
      fetch,
      clock: systemClock,
      stdout: { write: () => undefined, isTerminal: false },
      stderr: { write: () => undefined, isTerminal: false },
      nodePath: process.execPath,
      architecture: "x64",
      onInterrupt: () => () => undefined,
    } satisfies World,
    progress: () => undefined,
    print: () => undefined,
  });

  test.each([
    [{}, {}, "/var/tmp/oroboros-0-0", 0],
    [{}, { OROBOROS_ROOT: "/named" }, "/named", 0],
    [{ portOffset: "6800" }, { OROBOROS_ROOT: "/named" }, "/var/tmp/oroboros-0-6800", 6_800],
    [{ portOffset: "6800", root: "/asked" }, { OROBOROS_ROOT: "/named" }, "/asked", 6_800],
    [{ root: "/asked" }, { OROBOROS_ROOT: "/named" }, "/asked", 0],
  ])("options %j and environment %j mean %s", (options, environment, root, portOffset) => {
    expect(embeddedContract(context(options, environment))).toMatchObject({ root, portOffset });
  });

  test("its own offset is used unless another one is asked for", () => {
    expect(upRequest(context({ root: "/asked" })).keepsOffset).toBe(true);
    expect(upRequest(context({ root: "/asked", portOffset: "0" })).keepsOffset).toBe(false);
  });
});
