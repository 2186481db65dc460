import { OperatorError } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { openAsOwner } from "../sessions.ts";
import type { SlotServer } from "../slot-server.ts";
import { whileItLives, type HoldingSession } from "../while-it-lives.ts";

/**
 * A session of the worker that holds a snapshot's version for as long as its process lives: `alone` for whoever makes or drops it, in
 * common for those who make databases from it.
 *
 * @throws OperatorError `snapshot_in_use`; it waits for nobody.
 */
export async function holdSnapshot(
  server: SlotServer,
  version: string,
  { alone }: { alone: boolean },
): Promise<HoldingSession> {
  const owner = await whileItLives(await openAsOwner(server));
  const key = sql`pg_catalog.hashtextextended(${`oroboros:snapshot:${version}`}::text, 0)`;
  const lock = alone
    ? sql`pg_catalog.pg_try_advisory_lock(${key})`
    : sql`pg_catalog.pg_try_advisory_lock_shared(${key})`;
  try {
    const [got] = await owner.run(sql<{ held: boolean }>`select ${lock} as held`);
    if (got?.held === true) return owner;
    throw inUse(version, alone);
  } catch (error) {
    await owner[Symbol.asyncDispose]();
    throw error;
  }
}

export function inUse(version: string, alone: boolean): OperatorError {
  const what = alone ? "is being made, looked at, or a database is being made from it" : "is being made or dropped";
  return new OperatorError("snapshot_in_use", `Snapshot ${version} ${what}.`, {
    hint: "Try again when that has ended; see the snapshots with: oroboros db snapshot list",
  });
}
