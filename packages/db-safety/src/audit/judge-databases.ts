import {
  AUDIT_DATABASE,
  keptDatabase,
  retiredDatabase,
  slotDatabase,
  snapshotCopy,
  snapshotDatabase,
  spareDatabase,
  templateDatabase,
} from "@oroboros/slot-contract";
import { OUR_COMMENT, readContentMarker } from "../marker.ts";
import type { ClaimedReset, Claims, Finding, SlotClaims } from "./finding.ts";
import { judgeAside } from "./judge-aside.ts";
import { judgeLive } from "./judge-live.ts";
import { judgeSharedRoles, judgeSlotRoles } from "./judge-roles.ts";
import { judgeSnapshots } from "./judge-snapshots.ts";
import { judgeTemplates } from "./judge-templates.ts";
import type { DatabaseFacts, ServerFacts } from "./observe-databases.ts";

/** Everything on the server that is not what the control database says: facts and claims of one moment, and no connection. */
export function judgeDatabases(server: ServerFacts, claims: Claims): Finding[] {
  const { slots, snapshots } = claims;
  return [
    ...slots.flatMap((slot) => [
      ...judgeLive(server, slot),
      ...judgeAside(server, slot),
      ...judgeSlotRoles(server, slot),
    ]),
    ...judgeSharedRoles(
      server,
      slots.map(({ slot }) => slot),
    ),
    ...judgeTemplates(server, slots.flatMap(claimedResets)),
    ...judgeSnapshots(server, snapshots),
    ...judgeStrays(server, claims),
  ];
}

const claimedResets = ({ newest, resets }: SlotClaims): ClaimedReset[] =>
  newest === undefined ? [...resets] : [...resets, newest];

/** A database that carries a comment of ours under a name that none of ours has: a copy, or one that was renamed. */
function judgeStrays({ databases }: ServerFacts, { slots, snapshots }: Claims): Finding[] {
  const names = new Set([
    AUDIT_DATABASE,
    ...snapshots.flatMap(({ id }) => [snapshotDatabase(id), snapshotCopy(id)]),
    ...slots.flatMap(({ slot }) => [
      slotDatabase(slot),
      spareDatabase(slot),
      keptDatabase(slot),
      retiredDatabase(slot),
    ]),
  ]);
  return databases
    .filter(({ name, comment }) => comment?.startsWith(OUR_COMMENT) === true && !names.has(name))
    .filter((database) => !isTemplate(database))
    .map(({ name, comment }) => ({
      code: "stray_database",
      slot: null,
      subject: name,
      message: `Database ${name} says of itself "${comment?.slice(0, 200)}", and nothing of the runtime is named so.`,
      hint: `Find out who made or renamed it; nothing of the runtime uses it. As the superuser: comment on database ${name} is null, or drop it.`,
    }));
}

function isTemplate({ name, comment }: DatabaseFacts): boolean {
  const content = readContentMarker("template", comment);
  return content !== undefined && templateDatabase(content.templateHash) === name;
}
