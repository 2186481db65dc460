import { spawn } from "node:child_process";
import {
  apiPort,
  apiUnit,
  backendPort,
  currentPath,
  defineContract,
  frontendPort,
  loopbackUrl,
  slotIds,
  surfaceUnit,
  webMainPort,
  webMainUnit,
  workerPort,
  workerUnit,
} from "@oroboros/slot-contract";
import { socketOf, WEB_USER } from "@oroboros/slot-contract/host";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Host } from "./boot-host.ts";
import { bootServingHost } from "./serving/serving-host.ts";

const contract = defineContract({ slotCount: 1 });
const [slot] = slotIds(contract);
if (slot === undefined) throw new Error("There is a first slot.");

let host: Host & AsyncDisposable;
beforeAll(async () => {
  host = await bootServingHost(contract);
});
afterAll(() => host?.[Symbol.asyncDispose]());

interface Service {
  readonly what: string;
  readonly unit: string;
  readonly health: string;
  /** Behind a socket of systemd's nobody is refused while the service is away. */
  readonly hasSocket: boolean;
}

const health = (port: number): string => `${loopbackUrl(port)}/health`;
const api: Service = { what: "api", unit: apiUnit(contract), health: health(apiPort(contract)), hasSocket: true };
const webMain = {
  what: "web-main",
  unit: webMainUnit(contract),
  health: health(webMainPort(contract)),
  hasSocket: true,
};
const surface: Service = {
  what: "slot's surface",
  unit: surfaceUnit(contract, slot),
  health: health(frontendPort(contract, slot)),
  hasSocket: true,
};
const worker = { what: "worker", unit: workerUnit(contract), health: health(workerPort(contract)), hasSocket: false };
const SERVICES: readonly Service[] = [api, webMain, surface, worker];

test.each(SERVICES)("systemd hears from the $what that it is ready", async ({ unit }) => {
  expect(await show(unit, "Type", "StatusText", "WatchdogUSec", "ActiveState")).toEqual({
    Type: "notify",
    StatusText: expect.stringMatching(/^(answers on 127\.0\.0\.1:\d+|takes runs as .+)$/),
    WatchdogUSec: "10s",
    ActiveState: "active",
  });
});

test.each(SERVICES)("a killed $what is back by itself", async ({ unit, health: url, hasSocket }) => {
  const before = await show(unit, "MainPID", "NRestarts");
  await host.box.must(["kill", "-KILL", String(before["MainPID"])]);
  const isServed = async () => (await host.box.fetch(url, { timeoutMs: 60_000 })).status === 200;
  // The next request waits where systemd holds the socket, and is tried again where it does not.
  expect(hasSocket ? await isServed() : await eventually(isServed, { deadlineMs: 60_000 })).toBe(true);
  const after = await show(unit, "MainPID", "NRestarts");
  expect(after["MainPID"]).not.toBe(before["MainPID"]);
});

test("a process that hangs is ended by its watchdog and started again", async () => {
  const before = await Promise.all(SERVICES.map(({ unit }) => show(unit, "MainPID")));
  await host.box.must(["kill", "-STOP", ...before.map(({ MainPID }) => String(MainPID))]);
  await Promise.all(
    SERVICES.map(async ({ unit, health: url }, index) => {
      await eventually(
        async () => {
          const { MainPID, ActiveState } = await show(unit, "MainPID", "ActiveState");
          return ActiveState === "active" && MainPID !== before[index]?.["MainPID"];
        },
        { deadlineMs: 120_000 },
      );
      expect((await host.box.fetch(url)).status).toBe(200);
      expect(await host.box.journal(unit)).toContain("Watchdog timeout");
    }),
  );
});

test("the socket is there before the service, and starts it", async () => {
  await host.box.systemctl("stop", surface.unit);
  expect(await host.box.fetch(surface.health)).toMatchObject({ status: 200 });
  expect(await show(surface.unit, "ActiveState")).toEqual({ ActiveState: "active" });
});

describe("who asks the api on systemd's socket", () => {
  const list = `${loopbackUrl(apiPort(contract))}/api/slots`;
  const asked = async (url: string, user?: string): Promise<string> => {
    const curl = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", url];
    return host.box.must(curl, user === undefined ? {} : { user });
  };

  test("root is the host's operator, and another user is nobody", async () => {
    const answers = { root: await asked(list), web: await asked(list, WEB_USER), other: await asked(list, "www-data") };
    expect(answers).toEqual({ root: "200", web: "401", other: "401" });
  });

  test("nobody is an operator through a surface", async () => {
    expect(await asked(`${loopbackUrl(webMainPort(contract))}/api/slots`)).toBe("401");
    expect(await asked(`${loopbackUrl(webMainPort(contract))}/api/health`)).toBe("200");
  });
});

test("web-main serves its page, and says that it is no slot's", async () => {
  const page = await host.box.fetch(`${loopbackUrl(webMainPort(contract))}/`);
  expect(page).toMatchObject({ status: 200, body: expect.stringContaining("Production answers") });
  expect(JSON.parse((await host.box.fetch(webMain.health)).body)).toMatchObject({ slot_id: null });
  expect(JSON.parse((await host.box.fetch(surface.health)).body)).toMatchObject({ slot_id: slot });
});

test("the documents' script serves a surface from a release", async () => {
  await host.box.systemctl("stop", socketOf(surface.unit), surface.unit);
  const script = ["python3", `${currentPath(contract)}/scripts/run-web-surface.py`, "--root", "."];
  const flags = [
    "--port",
    String(frontendPort(contract, slot)),
    "--api-target",
    loopbackUrl(backendPort(contract, slot)),
  ];
  const [program = "", ...args] = host.box.argv([...script, ...flags], { user: WEB_USER });
  const served = spawn(program, args, { stdio: "ignore" });
  onTestFinished(() => void served.kill("SIGKILL"));
  const answer = await eventually(() => host.box.fetch(surface.health), { deadlineMs: 60_000 });
  expect(JSON.parse(answer.body)).toMatchObject({ service: "web-surface", slot_id: slot });
});

async function show(unit: string, ...properties: string[]): Promise<Record<string, string>> {
  const text = await host.box.systemctl("show", `--property=${properties.join(",")}`, unit);
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );
}
