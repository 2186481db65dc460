import {
  API_ROLE,
  AUDIT_DATABASE,
  CONTROL_DATABASE,
  DATABASE_OWNER_ROLE,
  keptDatabase,
  MIGRATOR_ROLE,
  retiredDatabase,
  slotDatabase,
  slotLogin,
  slotRole,
  spareDatabase,
  TEMPLATE_ROLE,
  WORKER_ROLE,
} from "@oroboros/slot-contract";
import { escapeIdentifier } from "pg";
import { OUR_COMMENT } from "../marker.ts";
import { repairable, unrepaired, type ClusterFinding } from "./cluster-finding.ts";
import type { ClusterFacts, DatabaseRow } from "./observe-cluster.ts";

/** Whose a database of a known name is, and who else may do what in it. */
interface Expected {
  owner: string;
  grants: readonly string[];
}

const SERVERS_OWN = ["postgres", "template0", "template1"];
/** Templates, snapshots and copies of them: the worker's, into which only the templates' role logs in while they are made. */
const MADE_BY_WORKER = /^(?:seed_[0-9a-f]{32}|snapshot_[0-9a-z_-]+)$/;
const IN_TEMPLATES = ["CONNECT", "CREATE", "TEMPORARY"].map((privilege) => `${TEMPLATE_ROLE} ${privilege}`);

/** Who may connect to which database of the whole cluster, and who owns those that are ours. */
export function judgeAccess(facts: ClusterFacts): ClusterFinding[] {
  const expected = expectations(facts);
  const ofRuntime = new Set(facts.roles.map(({ name }) => name).filter((name) => /^(?:oroboros_|slot_)/.test(name)));
  return facts.databases.flatMap((database) => {
    const known = expected.get(database.name) ?? (MADE_BY_WORKER.test(database.name) ? madeByWorker : undefined);
    return [
      ...(known === undefined ? judgeForeign(database) : judgeOwner(database, known)),
      ...judgeGrants(database, known?.grants ?? [], ofRuntime),
    ];
  });
}

const madeByWorker: Expected = { owner: WORKER_ROLE, grants: IN_TEMPLATES };

function expectations({ slots }: ClusterFacts): Map<string, Expected> {
  const expected = new Map<string, Expected>([
    [CONTROL_DATABASE, { owner: MIGRATOR_ROLE, grants: [`${API_ROLE} CONNECT`, `${WORKER_ROLE} CONNECT`] }],
    [AUDIT_DATABASE, madeByWorker],
  ]);
  for (const { slot, loginEpoch } of slots) {
    const inside = ["CREATE", "TEMPORARY"].map((privilege) => `${slotRole(slot)} ${privilege}`);
    const grants = [`${slotLogin(slot, loginEpoch)} CONNECT`, ...inside];
    expected.set(slotDatabase(slot), { owner: DATABASE_OWNER_ROLE, grants });
    expected.set(spareDatabase(slot), { owner: WORKER_ROLE, grants: [...inside, ...IN_TEMPLATES] });
    // A kept one is given to the worker before it is dropped, which is to be so.
    expected.set(keptDatabase(slot), { owner: "", grants: [] });
    expected.set(retiredDatabase(slot), { owner: WORKER_ROLE, grants: [] });
  }
  return expected;
}

function judgeOwner({ name, owner }: DatabaseRow, expected: Expected): ClusterFinding[] {
  if (expected.owner === "" || owner === expected.owner) return [];
  const message = `Database ${name} belongs to ${owner} and not to ${expected.owner}.`;
  const repair = `alter database ${escapeIdentifier(name)} owner to ${escapeIdentifier(expected.owner)}`;
  return [repairable({ code: "database_owner", subject: name, message }, repair)];
}

function judgeForeign({ name, comment }: DatabaseRow): ClusterFinding[] {
  if (SERVERS_OWN.includes(name)) return [];
  if (comment?.startsWith(OUR_COMMENT) === true) {
    const message = `Database ${name} says of itself "${comment.slice(0, 200)}", and nothing of the runtime is named so.`;
    const hint = `Find out who made or renamed it. As the superuser: comment on database ${escapeIdentifier(name)} is null, or drop it.`;
    return [unrepaired("error", { code: "stray_database", subject: name, message }, hint)];
  }
  const message = `Database ${name} is none of the runtime's.`;
  const hint =
    "It is left as it is. Keep what must not be lost on another server than the one that branches' code logs in to.";
  return [unrepaired("warning", { code: "foreign_database", subject: name, message }, hint)];
}

/** Of foreign roles only everybody counts: what others do with a foreign database is theirs to say. */
function judgeGrants(
  { name, grants, allows_connections: isOpen }: DatabaseRow,
  allowed: readonly string[],
  ofRuntime: ReadonlySet<string>,
): ClusterFinding[] {
  const isOurs = allowed.length > 0;
  const isForeign = !isOurs && !SERVERS_OWN.includes(name);
  const wrong = grants.filter(({ grantee, privilege }) => {
    if (grantee === "") return isOpen;
    return !allowed.includes(`${grantee} ${privilege}`) && (isOurs || ofRuntime.has(grantee));
  });
  const database = escapeIdentifier(name);
  return [...new Set(wrong.map(({ grantee }) => grantee))].map((grantee) => {
    const rights = wrong.filter((grant) => grant.grantee === grantee).map(({ privilege }) => privilege.toLowerCase());
    if (grantee === "") return openToPublic(name, { rights, isForeign });
    const message = `${grantee} may ${rights.join(", ")} in database ${name}, and has no business there.`;
    const repair = `revoke ${rights.join(", ")} on database ${database} from ${escapeIdentifier(grantee)}`;
    return repairable({ code: "foreign_grant", subject: name, message }, repair);
  });
}

/** Of a foreign database somebody may live by that right, who has to be given one of his own first. */
function openToPublic(name: string, { rights, isForeign }: { rights: string[]; isForeign: boolean }): ClusterFinding {
  const message = `Everybody may ${rights.join(", ")} in database ${name}, so every slot's login may.`;
  const found = { code: "open_to_public", subject: name, message } as const;
  const revoke = `revoke all on database ${escapeIdentifier(name)} from public`;
  if (!isForeign) return repairable(found, revoke);
  return unrepaired("error", found, `Grant CONNECT to whoever uses it, and then, as the superuser: ${revoke}`);
}
