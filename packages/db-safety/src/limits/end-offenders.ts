import { SLOT_ACCESS_SCHEMA } from "@oroboros/slot-contract";
import { sql, type QueryExecutorProvider } from "kysely";
import type { SlotLimits } from "./slot-limits.ts";

export type EndedSession = Readonly<{
  database: string;
  login: string;
  why: "blocked_runtime" | "long_transaction" | "idle_in_transaction" | "notification_queue" | "role_settings";
}>;

/** Ends the sessions by which a slot keeps others from working; says which. `control` is the worker in the control database. */
export async function endOffenders(
  control: QueryExecutorProvider,
  { transactionSeconds, idleSeconds }: Pick<SlotLimits, "transactionSeconds" | "idleSeconds">,
): Promise<EndedSession[]> {
  const { rows } = await sql<{ ended: EndedSession[] }>`
    select ${sql.id(SLOT_ACCESS_SCHEMA, "end_offenders")}(${transactionSeconds}, ${idleSeconds}) as ended`.execute(
    control,
  );
  return rows[0]?.ended ?? [];
}
