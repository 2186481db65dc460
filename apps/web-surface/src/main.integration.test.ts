import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { backendPort, frontendPort, loopbackUrl, parseSlotId } from "@oroboros/slot-contract";
import { listenLoopback } from "@oroboros/service-kit";
import { eventually } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { anOffset } from "./testing/a-surface.ts";

const slot = parseSlotId({ slotCount: 1 }, "preview-1");

test("a started surface says where it listens, answers, and ends on SIGTERM with 0", async () => {
  const { environment, port } = await anInstallation();
  const surface = start(environment);
  expect(await surface.firstLine).toMatchObject({ level: "info", message: "listening", slot_id: "preview-1", port });
  const answer = await fetch(`${loopbackUrl(port)}/health`);
  expect(await answer.json()).toMatchObject({ slot_id: "preview-1", commit_sha: null });
  surface.stop();
  expect(await surface.exit).toBe(0);
});

test("a surface of a unit with a socket serves on that, also who came before it", async () => {
  const { environment, port } = await anInstallation();
  const activate = ["/usr/bin/systemd-socket-activate", `--listen=${loopbackUrl(port).slice("http://".length)}`];
  const variables = Object.entries(environment).map((pair) => `--setenv=${pair.join("=")}`);
  const surface = startWith([...activate, ...variables], {});
  const answer = await eventually(() => fetch(`${loopbackUrl(port)}/health`), { deadlineMs: 60_000 });
  expect(await answer.json()).toMatchObject({ slot_id: "preview-1" });
  surface.stop();
  expect(await surface.exit).toBe(0);
});

test("web-main passes requests to the api, and a slot's surface never does", async () => {
  const { environment, port, portOffset } = await anInstallation();
  const toApi = ["--api-target", loopbackUrl(8000 + portOffset)];
  const slots = start(environment, ...toApi);
  expect(await slots.firstLine).toMatchObject({ level: "fatal", code: "upstream_refused" });
  const main = start(environment, ...toApi, "--port", String(port - 1));
  expect(await main.firstLine).toMatchObject({ message: "listening", slot_id: null, port: port - 1 });
});

test("a surface pointed at another slot's backend does not start", async () => {
  const { environment, apiPort } = await anInstallation();
  const surface = start(environment, "--api-target", loopbackUrl(apiPort + 1));
  expect(await surface.firstLine).toMatchObject({ level: "fatal", code: "upstream_refused" });
  expect(await surface.exit).toBe(3);
});

test("a surface whose port is taken says by whom", async () => {
  const { environment, port } = await anInstallation();
  const holder = createServer();
  await listenLoopback(holder, port);
  onTestFinished(() => void holder.close());
  const surface = start(environment);
  const message = expect.stringContaining(`process ${process.pid} (`);
  expect(await surface.firstLine).toMatchObject({ code: "port_taken", message });
  expect(await surface.exit).toBe(5);
});

const start = (environment: Record<string, string>, ...args: string[]) => startWith([], environment, ...args);

/** `before` are the arguments of whatever starts it. */
function startWith(before: string[], environment: Record<string, string>, ...args: string[]) {
  const surface = [process.execPath, "--conditions=oroboros-source", join(import.meta.dirname, "main.ts"), ...args];
  const [program = "", ...argv] = [...before, ...surface];
  const child = spawn(program, argv, { env: environment, stdio: ["ignore", "inherit", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit").then(([code]) => code as number | null);
  const firstLine = firstLineOf(child.stderr);
  return { exit, firstLine, stop: () => void child.kill("SIGTERM") };
}

async function firstLineOf(log: Readable): Promise<unknown> {
  for await (const line of createInterface(log)) {
    // Whoever starts the surface may say something first.
    if (line.startsWith("{")) return JSON.parse(line);
  }
  throw new Error("The surface said nothing.");
}

/** The variables of an installation on ports of its own. */
async function anInstallation() {
  const portOffset = await anOffset();
  const root = await mkdtemp(join(tmpdir(), "web-surface-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const [port, apiPort] = [frontendPort({ portOffset }, slot), backendPort({ portOffset }, slot)];
  const environment = {
    SLOT_IDS_CSV: slot,
    OROBOROS_PORT_OFFSET: String(portOffset),
    WEB_ROOT: join(root, "current"),
    WEB_PORT: String(port),
    WEB_API_PROXY_TARGET: loopbackUrl(apiPort),
  };
  return { environment, port, apiPort, portOffset };
}
