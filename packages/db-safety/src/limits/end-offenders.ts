import { SLOT_ACCESS_SCHEMA } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { openAsOwner } from "../sessions.ts";
import type { SlotServer } from "../slot-server.ts";
import type { SlotLimits } from "./slot-limits.ts";

export type EndedSession = Readonly<{
  database: string;
  login: string;
  why: "blocked_runtime" | "long_transaction" | "idle_in_transaction" | "notification_queue" | "role_settings";
}>;

/**
 * Ends the sessions by which a slot keeps others from working; says which. On a connection of its own: those of the pool may all be
 * waiting for just these sessions.
 */
export async function endOffenders(
  server: SlotServer,
  { transactionSeconds, idleSeconds }: Pick<SlotLimits, "transactionSeconds" | "idleSeconds">,
): Promise<EndedSession[]> {
  await using owner = await openAsOwner(server);
  const [row] = await owner.run(sql<{ ended: EndedSession[] }>`
    select ${sql.id(SLOT_ACCESS_SCHEMA, "end_offenders")}(${transactionSeconds}, ${idleSeconds}) as ended`);
  return row?.ended ?? [];
}
