import { systemClock } from "@oroboros/host";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { downHost } from "./down-host.ts";
import { installedHostContract } from "./installed-host.ts";
import type { Listener } from "./ports.ts";
import { requireRoot, untilSure } from "./preflight.ts";
import { upHost } from "./up-host.ts";

test("another user than root is refused before anything is looked at", async () => {
  const request = { root: "/nowhere", uid: 1000, clock: systemClock, onStage: () => undefined };
  const refused = { code: "command_refused", hint: expect.stringContaining("Type it as root") };
  await expect(upHost(request)).rejects.toMatchObject(refused);
  await expect(downHost(request)).rejects.toMatchObject(refused);
  expect(() => requireRoot(0)).not.toThrow();
});

test("a host on which nothing is installed says how to install it", () =>
  withTempDir(async (root) => {
    await expect(installedHostContract({ root })).rejects.toMatchObject({
      code: "not_installed",
      message: `No host is installed here: ${root}/etc/oroboros/contract.json does not exist.`,
      hint: "Install it with: ./scripts/systemd-install-runtime.sh",
    });
  }));

test("a listener of whom nothing is known is looked at again for a second, and not for longer", async () => {
  const unknown: Listener = { port: 1, unit: "a.service", pid: null, command: "", listensAs: undefined };
  let time = 0;
  const sleep = (ms: number): Promise<void> => Promise.resolve(void (time += ms));
  const clock = { ...systemClock, now: () => time, sleep };
  expect(await untilSure(() => (time < 200 ? [unknown] : []), clock)).toEqual([]);
  expect(time).toBe(200);
  expect(await untilSure(() => [unknown], clock)).toEqual([unknown]);
  expect(time).toBe(1200);
});
