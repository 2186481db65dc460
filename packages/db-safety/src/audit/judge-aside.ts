import { keptDatabase, retiredDatabase, slotRole, spareDatabase, type SlotId } from "@oroboros/slot-contract";
import { discardedMarker, markerText, readContentMarker } from "../marker.ts";
import { databaseNamed, foreignGrants, type Finding, type SlotClaims } from "./finding.ts";
import { judgeMarker, judgeOwner } from "./judge-live.ts";
import type { DatabaseFacts, ServerFacts } from "./observe-databases.ts";

/** The databases beside the live one: the proven one that is kept, the next one, and one that is to be dropped. */
export function judgeAside(server: ServerFacts, claims: SlotClaims): Finding[] {
  const { slot } = claims;
  const kept = databaseNamed(server, keptDatabase(slot));
  const spare = databaseNamed(server, spareDatabase(slot));
  const retired = databaseNamed(server, retiredDatabase(slot));
  return [
    ...(kept === undefined || kept.comment === discardedMarker(slot) ? [] : judgeKept(kept, claims)),
    ...(spare === undefined ? [] : judgeSpare(spare, slot)),
    ...(retired === undefined ? [] : foreignGrants(retired, { slot })),
  ];
}

function judgeKept(kept: DatabaseFacts, { slot, resets }: SlotClaims): Finding[] {
  // Undefined for the database that a slot has before its first reset.
  const made = resets.find(({ databaseOid }) => databaseOid === kept.oid);
  const open: Finding = {
    code: "foreign_grant",
    slot,
    subject: kept.name,
    message: `Database ${kept.name} lets sessions in, and is to wait aside.`,
    hint: `As the superuser: alter database ${kept.name} with allow_connections false`,
  };
  return [
    ...judgeOwner(kept, slot),
    ...judgeMarker(kept, { slot, expected: markerText(slot, made) }),
    ...foreignGrants(kept, { slot }),
    ...(kept.allowsConnections ? [open] : []),
  ];
}

/** Without its comment it is being made, or handed to a lease. */
function judgeSpare(spare: DatabaseFacts, slot: SlotId): Finding[] {
  if (readContentMarker("spare", spare.comment) === undefined) return [];
  return foreignGrants(spare, { slot, allowed: [`${slotRole(slot)} CREATE`, `${slotRole(slot)} TEMPORARY`] });
}
