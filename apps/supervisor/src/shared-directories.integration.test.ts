import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { asUser, removeTree, runCommand } from "@oroboros/host";
import { packagesUid, slotUid } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { aSupervisor, isRoot, runStep } from "./testing/a-supervisor.ts";

test.skipIf(!isRoot)(
  "slots' users and the packages' one leave nothing in the shared directories, and what is somebody else's stays",
  async () => {
    await using supervisor = await aSupervisor();
    const { contract, slot, other } = supervisor;
    const name = `oroboros-test-${randomUUID()}`;
    const path = (of: string, directory = "/tmp"): string => `${directory}/${name}-${of}`;
    const left = [path("slot"), path("slot", "/var/tmp"), path("other"), path("packages")];
    const foreign = path("foreign");
    try {
      await runStep(supervisor, ["mkdir", "-p", `${path("slot")}/deep`, path("slot", "/var/tmp")]);
      for (const [uid, of] of [
        [slotUid(contract, other), "other"],
        [packagesUid(contract), "packages"],
      ] as const) {
        const argv = asUser({ uid, gid: uid }, ["mkdir", path(of)]);
        await runCommand({ argv, cwd: "/", env: { PATH: "/usr/bin:/bin" }, timeoutMs: 60_000 });
      }
      await mkdir(foreign);
      expect(slot).not.toBe(other);
      expect([...left, foreign].filter((each) => !existsSync(each))).toEqual([]);
      supervisor.signal("SIGTERM");
      expect(await supervisor.exited).toBe(0);
      expect([...left, foreign].filter((each) => existsSync(each))).toEqual([foreign]);
    } finally {
      await removeTree(...left, foreign);
    }
  },
);
