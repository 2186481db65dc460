import { emptyDirectory, makeDirectory, runCommand } from "@oroboros/host";
import { temporaryPath } from "@oroboros/host/slot-driver";
import { slotHome, slotWorktrees } from "@oroboros/slot-contract";
import { host, ownSlot } from "./env.ts";

const DEADLINE_MS = 120_000;

/** Removes whatever the slot's user has, as that user: a directory that it locked itself out of is opened first. */
export async function purge(): Promise<number> {
  const slot = ownSlot();
  const places = [slotWorktrees(host, slot), slotHome(host, slot)];
  await unlock(places);
  await Promise.all(places.map(emptyDirectory));
  makeDirectory(temporaryPath(host, slot), { mode: 0o700 });
  return 0;
}

/**
 * find(1) goes into a directory after it has looked at it, and follows no link. By its parent (`-execdir`) one of any depth has a
 * name that is short enough.
 */
async function unlock(places: readonly string[]): Promise<void> {
  const locked = ["-ignore_readdir_race", "-type", "d", "!", "-perm", "-u=rwx"];
  const { exitCode, stderr } = await runCommand({
    argv: ["find", "-H", ...places, ...locked, "-execdir", "chmod", "u+rwx", "--", "{}", ";"],
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    timeoutMs: DEADLINE_MS,
  });
  if (exitCode !== 0) throw new Error(`find could not open every directory: ${stderr.trim()}`);
}
