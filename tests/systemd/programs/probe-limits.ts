import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import type { Attempt } from "./probe.ts";

// More than the test's contract gives a slot.
const TASKS = 80;
const FILE_BYTES = 5 * 1024 ** 3;

/** What a unit may not have more of, and what it may have. */
export function attemptsAtLimits(): Record<string, Attempt> {
  const own = `/srv/oroboros/worktrees/${process.env["SLOT_ID"]}.d`;
  return {
    "run more processes than its limit": startMany,
    "write a file beyond its limit": () => {
      writeFileSync(`${own}/large`, "");
      try {
        truncateSync(`${own}/large`, FILE_BYTES);
      } finally {
        rmSync(`${own}/large`);
      }
    },
    "(may) write in its worktrees": () => mkdirSync(`${own}/made/deep`, { recursive: true }),
    "(may) write in its home": () => writeFileSync(`/var/lib/oroboros/slots/${process.env["SLOT_ID"]}/made`, homedir()),
    "(may) write in a /tmp of its own": () => writeFileSync("/tmp/probe-was-here", ""),
    "(may) write in a memory of its own": () => writeFileSync("/dev/shm/probe-was-here", ""),
  };
}

async function startMany(): Promise<void> {
  const started = Array.from({ length: TASKS }, () => spawn("/bin/sleep", ["60"], { stdio: "ignore" }));
  const ends = await Promise.allSettled(started.map((child) => once(child, "spawn")));
  for (const child of started) child.kill("SIGKILL");
  const refusal = ends.find((end) => end.status === "rejected");
  if (refusal?.status === "rejected") throw refusal.reason;
}
