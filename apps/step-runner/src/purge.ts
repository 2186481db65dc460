import { accountOf, emptyDirectory, makeDirectory, runCommand, setAccess, systemClock } from "@oroboros/host";
import { temporaryPath } from "@oroboros/host/slot-driver";
import { slotHome, type SlotId, slotWorktrees } from "@oroboros/slot-contract";
import { slotUser } from "@oroboros/slot-contract/host";
import { host, ownSlot } from "./env.ts";

const DEADLINE_MS = 120_000;

/** Ends whatever the slot's user runs and removes whatever it has, as that user: a directory that it locked itself out of is opened first. */
export async function purge(): Promise<number> {
  const slot = ownSlot();
  const places = [slotWorktrees(host, slot), slotHome(host, slot)];
  await killOthers(slot);
  await unlock(places);
  await Promise.all(places.map(emptyDirectory));
  // A branch may have opened its own directories to others, and the next run's files lie in them.
  setAccess(slotWorktrees(host, slot), { mode: 0o750 });
  setAccess(slotHome(host, slot), { mode: 0o700 });
  makeDirectory(temporaryPath(host, slot), { mode: 0o700 });
  return 0;
}

const KILLS = 5;
const KILL_INTERVAL_MS = 10;

/**
 * Of what is being stopped, some ignore it. kill(2) with -1 reaches every process that this one may signal, what forks without pause
 * included, and not this one itself: for a slot's user these are the slot's, and for anybody else they would be other things.
 */
async function killOthers(slot: SlotId): Promise<void> {
  if (process.getuid?.() !== accountOf(slotUser(slot)).uid) throw new Error(`this is not the user of ${slot}`);
  for (let time = 0; time < KILLS; time += 1) {
    try {
      process.kill(-1, "SIGKILL");
    } catch {
      // Nobody is left.
      return;
    }
    await systemClock.sleep(KILL_INTERVAL_MS);
  }
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
