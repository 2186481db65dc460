import {
  keptDatabase,
  retiredDatabase,
  slotDatabase,
  slotRole,
  spareDatabase,
  TEMPLATE_ROLE,
  type SlotId,
} from "@oroboros/slot-contract";
import { sql, type RawBuilder } from "kysely";
import { discardedMarker, markedRun, markerText, type ResetMarker } from "./marker.ts";
import type { SlotDatabases } from "./slot-databases.ts";

/** What one transaction does to names, rights and comments, and the databases nobody may be in while it does. */
export type SwapPlan = Readonly<{ statements: readonly RawBuilder<unknown>[]; emptied: readonly string[] }>;

/** The spare becomes live. The live one is kept where that is asked for and nothing proven is kept already. */
export function planReset(request: {
  slot: SlotId;
  found: SlotDatabases;
  marker: ResetMarker;
  keepOld: boolean;
}): SwapPlan & Readonly<{ kept: boolean }> {
  const { slot, found, marker, keepOld } = request;
  const live = sql.id(slotDatabase(slot));
  // A republish that did not get to its end has left the proven one kept, and its own as the live one.
  const isProvenKept = keepOld && found.kept !== undefined && markedRun(found.kept) === marker.runId;
  const keepsLive = keepOld && !isProvenKept && found.live !== undefined;
  const statements: RawBuilder<unknown>[] = [];
  if (keepsLive) statements.push(...(found.kept === undefined ? [] : retire(slot, keptDatabase(slot))), ...keep(slot));
  else {
    if (found.kept !== undefined && !isProvenKept) statements.push(planDiscard(slot));
    if (found.live !== undefined) statements.push(...retire(slot, slotDatabase(slot)));
  }
  statements.push(
    sql`alter database ${sql.id(spareDatabase(slot))} rename to ${live}`,
    sql`revoke all on database ${live} from ${sql.id(TEMPLATE_ROLE)}`,
    sql`grant connect on database ${live} to ${sql.id(slotRole(slot))}`,
    sql`comment on database ${live} is ${sql.lit(markerText(slot, marker))}`,
  );
  return { statements, emptied: [slotDatabase(slot), spareDatabase(slot)], kept: isProvenKept || keepsLive };
}

/** The kept database becomes live again, with the marker it had. */
export function planRestore(slot: SlotId, found: SlotDatabases): SwapPlan {
  const live = sql.id(slotDatabase(slot));
  return {
    statements: [
      ...(found.live === undefined ? [] : retire(slot, slotDatabase(slot))),
      sql`alter database ${sql.id(keptDatabase(slot))} rename to ${live}`,
      sql`alter database ${live} with allow_connections true`,
      sql`grant connect on database ${live} to ${sql.id(slotRole(slot))}`,
    ],
    emptied: [slotDatabase(slot), keptDatabase(slot)],
  };
}

/** DROP DATABASE runs in no transaction, so the one that holds the lease only says that it may be dropped. */
export function planDiscard(slot: SlotId): RawBuilder<unknown> {
  return sql`comment on database ${sql.id(keptDatabase(slot))} is ${sql.lit(discardedMarker(slot))}`;
}

function keep(slot: SlotId): RawBuilder<unknown>[] {
  const kept = sql.id(keptDatabase(slot));
  return [
    sql`alter database ${sql.id(slotDatabase(slot))} rename to ${kept}`,
    sql`revoke connect on database ${kept} from ${sql.id(slotRole(slot))}`,
    sql`alter database ${kept} with allow_connections false`,
  ];
}

function retire(slot: SlotId, database: string): RawBuilder<unknown>[] {
  const retired = sql.id(retiredDatabase(slot));
  return [
    sql`alter database ${sql.id(database)} rename to ${retired}`,
    sql`revoke all on database ${retired} from ${sql.id(slotRole(slot))}`,
  ];
}
