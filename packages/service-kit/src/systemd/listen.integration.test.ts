import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { loopbackUrl } from "@oroboros/slot-contract";
import { eventually, freePort } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { SERVING, startService, type StartedService } from "../testing/a-service.ts";

/** A process is started, and loads all of this package. */
const SOON = { deadlineMs: 25_000 };

// Opens sockets as systemd does, and becomes the service when the first client is there (systemd-socket-activate(1)).
const activate = (...addresses: string[]): string[] => [
  "/usr/bin/systemd-socket-activate",
  ...addresses.map((address) => `--listen=${address}`),
];

test("a client that came before the process is answered by it, on systemd's socket", async () => {
  const port = await freePort();
  const service = startService(SERVING, { before: [...activate(`127.0.0.1:${port}`), `--setenv=PORT=${port}`] });
  const answer = await firstAnswer(port);
  // Its answer may be read before its log.
  await eventually(() => service.lines().length > 0, SOON);
  expect(service.lines()).toMatchObject([{ message: "listening", port }]);
  expect(answer).toMatch(new RegExp(`^${String(service.lines()[0]?.["pid"])} `));
});

test("nothing that systemd said is left for children", async () => {
  const port = await freePort();
  const said = { WATCHDOG_USEC: "60000000", NOTIFY_SOCKET: "/nowhere/notify" };
  const settings = Object.entries({ ...said, PORT: String(port) }).map((pair) => `--setenv=${pair.join("=")}`);
  startService(SERVING, { before: [...activate(`127.0.0.1:${port}`), ...settings] });
  const answer = await firstAnswer(port);
  expect(answer).toContain("PORT");
  expect(answer).not.toMatch(/LISTEN|NOTIFY|WATCHDOG/);
});

test.each([
  { passed: "another port", sockets: (_: number, other: number) => [`127.0.0.1:${other}`], got: "127.0.0.1:<other>" },
  { passed: "every address", sockets: (port: number) => [`0.0.0.0:${port}`], got: "0.0.0.0:<port>" },
  { passed: "IPv6's loopback", sockets: (port: number) => [`[::1]:${port}`], got: "[::1]:<port>" },
  { passed: "two sockets", sockets: (port: number) => [`127.0.0.1:${port}`, `[::1]:${port}`], got: "2 sockets" },
])("a service that was passed $passed does not start, and names what it got and what it needs", async (given) => {
  const [port, other] = [await freePort(), await freePort()];
  const [first = "", ...others] = given.sockets(port, other);
  const service = startService(SERVING, { before: [...activate(first, ...others), `--setenv=PORT=${port}`] });
  await knock(service, new URL(`http://${first}`));
  expect(await service.exit).toBe(2);
  const got = given.got.replace("<other>", String(other)).replace("<port>", String(port));
  expect(service.lines()).toMatchObject([
    {
      code: "invalid_environment",
      message: `systemd passed ${got}, and 127.0.0.1:${port} is to be listened on.`,
      hint: expect.stringContaining(`ListenStream=127.0.0.1:${port} `),
    },
  ]);
});

test("sockets of another process are left alone", async () => {
  const port = await freePort();
  const service = startService(SERVING, { env: { PORT: String(port), LISTEN_PID: "1", LISTEN_FDS: "1" } });
  await eventually(() => service.lines().length === 1, SOON);
  expect(service.lines()).toMatchObject([{ message: "listening", port }]);
  expect((await fetch(loopbackUrl(port))).status).toBe(200);
});

test("many can connect while the service is not yet looking", async () => {
  const port = await freePort();
  const service = startService(SERVING, { before: [...activate(`127.0.0.1:${port}`), `--setenv=PORT=${port}`] });
  await firstAnswer(port);
  service.kill("SIGSTOP");
  // More than the 511 that Node asks the kernel for by itself.
  const waiting = Array.from({ length: 700 }, () => connect(port, "127.0.0.1"));
  onTestFinished(() => waiting.forEach((socket) => socket.destroy()));
  await Promise.all(waiting.map((socket) => once(socket, "connect")));
});

/** systemd-socket-activate listens a moment after it was started. */
const firstAnswer = (port: number): Promise<string> =>
  eventually(async () => (await fetch(loopbackUrl(port))).text(), SOON);

/** Connects until the service is there, and ends. */
async function knock(service: StartedService, { hostname, port }: URL): Promise<void> {
  let isOver = false;
  void service.exit.then(() => (isOver = true));
  const host = hostname.replace("[::1]", "::1");
  await eventually(async () => {
    await once(request({ host, port, agent: false }).end(), "close").catch(() => undefined);
    return isOver;
  }, SOON);
}
