import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";

const MARKER = /^oroboros:slot=(preview-[1-9][0-9]?):run=(none|[0-9a-f-]{36}):epoch=[0-9]+$/;
/** What every comment of the runtime on a database begins with. */
export const OUR_COMMENT = "oroboros:";
const CONTENT_MARKER = /^oroboros:(template|spare)=([0-9a-f]{64}):content=([0-9a-f]{64})$/;

/** Whose state a slot database holds. */
export type ResetMarker = Readonly<{ runId: RunId | null; leaseEpoch: LeaseEpoch }>;

/**
 * The comment on a slot database. Only the database's owner can write it, and no slot role is a member of the owner.
 * `owner` is undefined for a database that was never reset.
 */
export function markerText(slot: SlotId, owner?: ResetMarker): string {
  return `oroboros:slot=${slot}:run=${owner?.runId ?? "none"}:epoch=${owner?.leaseEpoch ?? "0"}`;
}

/** {@link markerText} as SQL, from the names of its three parts there. */
export const markerSql = (slotId: string, runId: string, epoch: string): string =>
  `format('oroboros:slot=%s:run=%s:epoch=%s', ${slotId}, coalesce(${runId}::text, 'none'), ${epoch})`;
/** Whether a comment is the marker of this slot and run, of whatever epoch: an SQL condition, null where one of the three is. */
export const isMarkedForSql = (comment: string, slotId: string, runId: string): string =>
  `starts_with(${comment}, format('oroboros:slot=%s:run=%s:epoch=', ${slotId}, ${runId}::text))`;

/** The slot a comment marks a database as belonging to; undefined for a comment that is no marker. */
export function markedSlot(comment: string | null): string | undefined {
  return MARKER.exec(comment ?? "")?.[1];
}

/** The run a slot database holds the state of; null for a comment that is no marker, and where no run held the slot. */
export function markedRun(comment: string | null): string | null {
  const run = MARKER.exec(comment ?? "")?.[2];
  return run === undefined || run === "none" ? null : run;
}

/** Which content a database has: what it was made from, and the fingerprint of what that gave. */
export type ContentMarker = Readonly<{ templateHash: string; contentFingerprint: string }>;

/** The comment on a template that is complete, or on a spare of which only the lease and the right to connect are missing. */
export function contentMarkerText(kind: "template" | "spare", content: ContentMarker): string {
  return `oroboros:${kind}=${content.templateHash}:content=${content.contentFingerprint}`;
}

/** Undefined for a database that is not complete, or is something else. */
export function readContentMarker(
  kind: "template" | "spare",
  comment: string | null | undefined,
): ContentMarker | undefined {
  const [, found, templateHash, contentFingerprint] = CONTENT_MARKER.exec(comment ?? "") ?? [];
  if (found !== kind || templateHash === undefined || contentFingerprint === undefined) return undefined;
  return { templateHash, contentFingerprint };
}

/** The comment on a kept database that nobody needs any more: the transaction that decides it can not drop it. */
export function discardedMarker(slot: SlotId): string {
  return `oroboros:discarded:slot=${slot}`;
}

/** {@link discardedMarker} as SQL. */
export const discardedSql = (slotId: string): string => `format('oroboros:discarded:slot=%s', ${slotId})`;
