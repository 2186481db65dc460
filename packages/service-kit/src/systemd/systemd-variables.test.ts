import { expect, test } from "vitest";
import { takeSystemdVariables } from "./systemd-variables.ts";

const PID = 4711;

test("a process that systemd did not start is told nothing", () => {
  expect(takeSystemdVariables({ PATH: "/usr/bin" }, PID)).toEqual({});
});

test("what is this process's is read and removed, and the rest stays", () => {
  const environment = {
    PATH: "/usr/bin",
    LISTEN_PID: "4711",
    LISTEN_FDS: "1",
    LISTEN_FDNAMES: "ouroboros-api.socket",
    NOTIFY_SOCKET: "/run/systemd/notify",
    WATCHDOG_USEC: "10000000",
    WATCHDOG_PID: "4711",
  };
  expect(takeSystemdVariables(environment, PID)).toEqual({
    sockets: "1",
    notifySocket: "/run/systemd/notify",
    watchdogMs: 10_000,
  });
  expect(environment).toEqual({ PATH: "/usr/bin" });
});

test("sockets and a watchdog of another process are not this one's", () => {
  const others = { LISTEN_PID: "1", LISTEN_FDS: "1", WATCHDOG_USEC: "10000000", WATCHDOG_PID: "1" };
  expect(takeSystemdVariables(others, PID)).toEqual({});
});

test("a watchdog without a process is for whoever is asked, and one without a time for nobody", () => {
  expect(takeSystemdVariables({ WATCHDOG_USEC: "3000000" }, PID)).toMatchObject({ watchdogMs: 3_000 });
  for (const WATCHDOG_USEC of ["", "0", "-1", "soon"]) {
    expect(takeSystemdVariables({ WATCHDOG_USEC }, PID).watchdogMs).toBeUndefined();
  }
});
