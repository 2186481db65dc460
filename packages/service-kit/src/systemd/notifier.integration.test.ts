import { eventually, freePort } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { SERVING, startService } from "../testing/a-service.ts";
import { aNotifySocket } from "../testing/notify-socket.ts";

/** Processes are started, each of which loads all of this package. */
const SOON = { deadlineMs: 25_000 };
const isPing = (message: string): boolean => message === "WATCHDOG=1";

test("systemd hears that a service is ready once it answers, that it is alive, and that it stops", async () => {
  const { path, messages } = await aNotifySocket();
  const port = await freePort();
  const service = startService(SERVING, {
    env: { PORT: String(port), NOTIFY_SOCKET: path, WATCHDOG_USEC: "200000" },
  });
  await eventually(() => messages.filter(isPing).length > 2, SOON);
  service.kill("SIGTERM");
  expect(await service.exit).toBe(0);
  await eventually(() => messages.includes("STOPPING=1"), SOON);
  expect(messages[0]).toBe(`READY=1\nSTATUS=answers on ${port}`);
});

test("a service without a watchdog says once that it is ready", async () => {
  const { path, messages } = await aNotifySocket();
  const service = startService(SERVING, { env: { PORT: String(await freePort()), NOTIFY_SOCKET: path } });
  await eventually(() => messages.length === 1, SOON);
  service.kill("SIGTERM");
  await service.exit;
  await eventually(() => messages.includes("STOPPING=1"), SOON);
  expect(messages).toHaveLength(2);
});

// Each takes one thing away that a service needs to be alive, after its first ping.
test.each([
  ["does not serve any more", "server.close()"],
  ["runs in a circle", "while (true) {}"],
  ["can not use a file any more", `for (let thread = 0; thread < 4; thread += 1) fs.open(fifo, "r", () => undefined)`],
])("a service that %s is not called alive", async (_, harm) => {
  const { path, messages } = await aNotifySocket();
  const main = `async ({ log, listen, notifier }) => {
    const fs = await import("node:fs");
    const fifo = ${JSON.stringify(`${path}.fifo`)};
    (await import("node:child_process")).execFileSync("mkfifo", [fifo]);
    const server = (await import("node:http")).createServer();
    await listen(server, 0);
    notifier.ready("ready", () => server.listening);
    await new Promise((resolve) => process.once("SIGUSR1", resolve));
    log.info("harmed");
    ${harm};
    await new Promise((resolve) => setInterval(resolve, 60_000));
  }`;
  const service = startService(main, { env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: "100000" } });
  await eventually(() => messages.some(isPing), SOON);
  service.kill("SIGUSR1");
  await eventually(() => service.lines().length > 0, SOON);
  const before = messages.filter(isPing).length;
  await tenPingsOfAnother();
  // What was on its way may still have arrived.
  expect(messages.filter(isPing).length).toBeLessThanOrEqual(before + 2);
});

test("a service whose word does not reach systemd says so in its log, and goes on", async () => {
  const service = startService(SERVING, {
    env: { PORT: String(await freePort()), NOTIFY_SOCKET: "/nowhere/notify" },
  });
  await eventually(() => service.lines().length > 1, SOON);
  expect(service.lines()).toContainEqual(
    expect.objectContaining({ level: "warn", message: "systemd could not be told" }),
  );
  service.kill("SIGTERM");
  expect(await service.exit).toBe(0);
});

test("a line break in what is said begins no message of its own", async () => {
  const { path, messages } = await aNotifySocket();
  const main = `async ({ notifier, signal }) => {
    notifier.status("one\\nWATCHDOG=trigger");
    await new Promise((resolve) => { signal.addEventListener("abort", resolve); setInterval(() => undefined, 1000); });
  }`;
  startService(main, { env: { NOTIFY_SOCKET: path } });
  await eventually(() => messages.length === 1, SOON);
  expect(messages).toEqual(["STATUS=one WATCHDOG=trigger"]);
});

/** The time in which a service that is alive says so ten times. */
async function tenPingsOfAnother(): Promise<void> {
  const { path, messages } = await aNotifySocket();
  const environment = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "100000" };
  startService(SERVING, { env: { PORT: String(await freePort()), ...environment } });
  await eventually(() => messages.filter(isPing).length >= 10, SOON);
}
