import { slotDatabase, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { openAsOwner } from "../sessions.ts";
import { slotLock } from "../slot-lock.ts";
import type { SlotServer } from "../slot-server.ts";
import { takeBack } from "./take-back.ts";

/** Opens the live databases again that a killed copy has left closed. Says whose; one that is being copied is left alone. */
export async function takeBackLent(server: SlotServer, slots: readonly SlotId[]): Promise<SlotId[]> {
  await using owner = await openAsOwner(server);
  const names = slots.map(slotDatabase);
  const lent = await owner.run(sql<{ name: string }>`
    select datname as name from pg_catalog.pg_database where datistemplate and datname = any(${names})`);
  const opened: SlotId[] = [];
  for (const slot of slots.filter((each) => lent.some(({ name }) => name === slotDatabase(each)))) {
    const [lock] = await owner.run(
      sql<{ held: boolean }>`select pg_catalog.pg_try_advisory_lock(${slotLock(slot)}) as held`,
    );
    if (lock?.held !== true) continue;
    if (await takeBack(owner, slot)) opened.push(slot);
    await owner.run(sql`select pg_catalog.pg_advisory_unlock(${slotLock(slot)})`);
  }
  return opened;
}
