import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import type { DatabaseFacts, ServerFacts } from "./observe-databases.ts";

export const FINDING_CODES = [
  "database_missing",
  "database_replaced",
  "not_recorded",
  "superseded",
  "marker_wrong",
  "owner_wrong",
  "foreign_grant",
  "foreign_login",
  "foreign_member",
  "login_wrong",
  "role_wrong",
  "template_wrong",
  "snapshot_wrong",
  "content_differs",
  "stray_database",
] as const;

/** Something on the server that is not what the control database says it is. */
export type Finding = Readonly<{
  code: (typeof FINDING_CODES)[number];
  /** Null where it is no slot's in particular. */
  slot: SlotId | null;
  /** The database, role or record that is wrong. */
  subject: string;
  message: string;
  /** What to type next. */
  hint: string;
}>;

/** A reset as the provenance says it was; of a row that somebody has changed, anything may be missing. */
export type ClaimedReset = Readonly<{
  resetId: string;
  runId: RunId | null;
  leaseEpoch: LeaseEpoch;
  databaseOid: string | null;
  templateHash: string | null;
  contentFingerprint: string | null;
}>;

/** What the control database says of a slot's databases. */
export type SlotClaims = Readonly<{
  slot: SlotId;
  /** Of the lease as it stands. */
  leaseEpoch: LeaseEpoch;
  /** Undefined for a slot that was never reset: nobody logs in to its database. */
  identity: Readonly<{ loginEpoch: LeaseEpoch; databaseOid: string }> | undefined;
  /** The last reset that succeeded. */
  newest: ClaimedReset | undefined;
  /** Those that made databases that are there, newest first. */
  resets: readonly ClaimedReset[];
}>;

/** A snapshot as it is written down. */
export type SnapshotClaim = Readonly<{
  id: string;
  version: string;
  /** Null for one that is not complete, or was dropped. */
  contentFingerprint: string | null;
}>;

/** All that the control database says of databases. */
export type Claims = Readonly<{ slots: readonly SlotClaims[]; snapshots: readonly SnapshotClaim[] }>;

export const databaseNamed = ({ databases }: ServerFacts, name: string): DatabaseFacts | undefined =>
  databases.find((database) => database.name === name);

export const resetHint = (slot: SlotId): string =>
  `Find out who did it, then give ${slot} a fresh database with: oroboros db reset --slot ${slot} --force`;

/** Rights of others than those that are meant to have them, one finding for each who has some. */
export function foreignGrants(
  { name, grants }: DatabaseFacts,
  { slot, allowed = [] }: { slot: SlotId | null; allowed?: readonly string[] },
): Finding[] {
  const foreign = grants.filter(({ grantee, privilege }) => !allowed.includes(`${grantee} ${privilege}`));
  return [...new Set(foreign.map(({ grantee }) => grantee))].map((grantee) => {
    const rights = foreign.filter((grant) => grant.grantee === grantee).map(({ privilege }) => privilege);
    return {
      code: "foreign_grant",
      slot,
      subject: name,
      message: `${grantee === "public" ? "Everybody" : grantee} may ${rights.join(", ")} in database ${name}.`,
      hint: `As the superuser: revoke all on database ${name} from ${grantee === "public" ? "public" : `"${grantee}"`}`,
    };
  });
}
