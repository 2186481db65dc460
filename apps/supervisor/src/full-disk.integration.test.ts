import { dirname } from "node:path";
import { backendLog } from "@oroboros/slot-contract";
import { canMount, eventually, mountSmallDisk } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { aSupervisor, writeJob } from "./testing/a-supervisor.ts";

const DEADLINE = { deadlineMs: 60_000 };

test.skipIf(!canMount)(
  "a backend whose log is on a full disk goes on, and so does the supervisor, which tells it once",
  async () => {
    await using supervisor = await aSupervisor();
    const { contract, slot, slots, log } = supervisor;
    using _disk = mountSmallDisk(dirname(backendLog(contract, slot)), 64 * 1024);
    const server = `require("node:http").createServer((q, s) => s.end()).listen(process.env.SLOT_BACKEND_PORT, "127.0.0.1");`;
    await writeJob(supervisor, { script: `${server} setInterval(() => console.log("x".repeat(3000)), 1)` });
    const started = await slots.backend(slot, "start", { healthTimeoutMs: 60_000 });
    expect(started).toMatchObject({ ok: true, state: "running" });
    const told = (): number => log().split("output of a process is lost").length - 1;
    await eventually(() => told() > 0, DEADLINE);
    expect(await slots.backend(slot, "health")).toMatchObject({ ok: true, pid: started.ok && started.pid });
    await slots.purge(slot);
    expect(told()).toBe(1);
  },
);
