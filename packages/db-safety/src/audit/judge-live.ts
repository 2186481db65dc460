import { DATABASE_OWNER_ROLE, slotDatabase, slotLogin, slotRole, type SlotId } from "@oroboros/slot-contract";
import { markerText } from "../marker.ts";
import { databaseNamed, foreignGrants, resetHint, type Finding, type SlotClaims } from "./finding.ts";
import type { DatabaseFacts, ServerFacts } from "./observe-databases.ts";

/** The slot's live database against what the control database says made it. */
export function judgeLive(server: ServerFacts, claims: SlotClaims): Finding[] {
  const { slot, identity } = claims;
  const name = slotDatabase(slot);
  const live = databaseNamed(server, name);
  const found = (code: Finding["code"], message: string, hint = resetHint(slot)): Finding => ({
    code,
    slot,
    subject: name,
    message,
    hint,
  });
  if (live === undefined) return [found("database_missing", `${slot} has no database ${name}.`)];
  return [
    ...judgeOwner(live, slot),
    ...foreignGrants(live, { slot, allowed: identity === undefined ? [] : liveGrants(claims, identity) }),
    ...(identity !== undefined && live.oid !== identity.databaseOid
      ? [found("database_replaced", `Another database is named ${name} than the one that the last reset has made.`)]
      : judgeOrigin(live, claims, found)),
  ];
}

/** What a reset grants, and nothing else. */
const liveGrants = ({ slot }: SlotClaims, { loginEpoch }: NonNullable<SlotClaims["identity"]>): string[] => [
  `${slotLogin(slot, loginEpoch)} CONNECT`,
  `${slotRole(slot)} CREATE`,
  `${slotRole(slot)} TEMPORARY`,
];

function judgeOrigin(
  live: DatabaseFacts,
  { slot, identity, newest, resets }: SlotClaims,
  found: (code: Finding["code"], message: string) => Finding,
): Finding[] {
  const made = resets.find(({ databaseOid }) => databaseOid === live.oid);
  if (identity !== undefined && made === undefined) {
    return [found("not_recorded", `No reset that succeeded is recorded as having made ${live.name}.`)];
  }
  const isSuperseded = made !== undefined && newest !== made && newest?.resetId !== made.resetId;
  return [
    ...judgeMarker(live, { slot, expected: markerText(slot, made) }),
    // A publish that failed points its run back to the database that was proven; nobody else goes back.
    ...(isSuperseded && newest?.runId !== made.runId
      ? [
          found(
            "superseded",
            `${live.name} was made by reset ${made.resetId}, and reset ${newest?.resetId} came after it.`,
          ),
        ]
      : []),
  ];
}

export function judgeOwner({ name, owner }: DatabaseFacts, slot: SlotId): Finding[] {
  if (owner === DATABASE_OWNER_ROLE) return [];
  const message = `Database ${name} is owned by ${owner}, and not by ${DATABASE_OWNER_ROLE}.`;
  const hint = `As the superuser: alter database ${name} owner to ${DATABASE_OWNER_ROLE}`;
  return [{ code: "owner_wrong", slot, subject: name, message, hint }];
}

export function judgeMarker(
  { name, comment }: DatabaseFacts,
  { slot, expected }: { slot: SlotId; expected: string },
): Finding[] {
  if (comment === expected) return [];
  const said = comment === null ? "nothing" : `"${comment.slice(0, 200)}"`;
  const message = `The marker of database ${name} says ${said}, and was written as "${expected}".`;
  return [{ code: "marker_wrong", slot, subject: name, message, hint: markerHint(name, expected) }];
}

const markerHint = (name: string, expected: string): string =>
  `Find out who changed it. Is it the right database, as the superuser: comment on database ${name} is '${expected}'`;
