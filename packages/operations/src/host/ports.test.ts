import { defineContract } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { contractPorts, isUnsure, takenError, type Listener } from "./ports.ts";

const listener = (fields: Partial<Listener>): Listener => ({
  port: 8000,
  unit: "ouroboros-api.service",
  pid: 4242,
  command: "python3 -m http.server 8000",
  listensAs: "session-3.scope",
  ...fields,
});

test("a foreign process on a port is named with its pid, and how it is stopped", () => {
  const error = takenError([listener({})]);
  expect(error).toMatchObject({
    code: "port_taken",
    message:
      "Ports are taken: 8000 (ouroboros-api.service) by python3 -m http.server 8000 with pid 4242 of session-3.scope.",
    hint: "Stop what holds them, as with: kill 4242",
  });
  const service = takenError([listener({ port: 8088, listensAs: "nginx.service" })]);
  expect(service?.hint).toBe("Stop what holds them, as with: systemctl disable --now nginx.service");
});

test("a port in the hands of its own unit, or of PID 1 that listens for it, is not taken", () => {
  expect(takenError([listener({ listensAs: "ouroboros-api.service" })])).toBeUndefined();
  expect(takenError([listener({ pid: 1, listensAs: "init.scope" })])).toBeUndefined();
  // Debian's own, which installation stops.
  expect(takenError([listener({ port: 80, listensAs: "caddy.service" })])).toBeUndefined();
  expect(takenError([])).toBeUndefined();
});

test("another of our units on a port is a foreign one", () => {
  expect(takenError([listener({ listensAs: "ouroboros-worker.service" })])?.code).toBe("port_taken");
});

test("the public ports are looked at where the contract serves them", () => {
  const ports = (publicTls: false | { email: string }): number[] =>
    contractPorts(defineContract({ publicTls, domain: "example.org" })).map(({ port }) => port);
  expect(ports(false)).not.toContain(443);
  expect(ports({ email: "ops@example.org" })).toEqual(expect.arrayContaining([80, 443, 8000, 8088, 3103, 8103, 5432]));
});

test("a process of which no pid is known is shown how to be found, and never killed by a placeholder", () => {
  const unknown = listener({ pid: null, listensAs: undefined });
  const error = takenError([unknown]);
  expect(error?.message).toContain("with pid unknown");
  expect(error?.hint).toContain("ss --listening --tcp --processes sport = 8000");
  expect(error?.hint).not.toContain("kill");
  expect([isUnsure([unknown]), isUnsure([listener({})]), isUnsure([])]).toEqual([true, false, false]);
});

test("what runs by the installed contract is stopped by its script, whatever the changed contract calls it", () => {
  const changed = listener({ unit: "other-api.service", listensAs: "ouroboros-api.service" });
  expect(takenError([changed], defineContract())?.hint).toContain("./scripts/runtime-down.sh");
  expect(takenError([changed])?.hint).toContain("systemctl disable --now ouroboros-api.service");
  const both = takenError([changed, listener({ listensAs: "nginx.service" })], defineContract());
  expect(both?.hint).toContain("systemctl disable --now nginx.service");
});
