import { createHash } from "node:crypto";
import type { RunState } from "@oroboros/slot-contract";
import { etag } from "hono/etag";

/** Only here the end of a lease is a date for a person; elsewhere every renewal moves it. */
const UNDER_REVIEW: readonly string[] = ["preview_ready", "needs_approval", "approved"] satisfies RunState[];

/**
 * Names what a polled list answers by its content: a client that asks again with `If-None-Match` is told 304, and nothing else, as
 * long as nothing has changed. Weak, because a proxy may compress the answer, and because an answer may name itself by
 * {@link tagOf} what counts of it.
 */
export const etagged = etag({ weak: true });

/** The ETag of an answer of which only this counts. */
export const tagOf = (counted: unknown): string =>
  `W/"${createHash("sha1").update(JSON.stringify(counted)).digest("hex")}"`;

/** What counts of a lease: not its renewals, which change it every second without anything having happened. */
export function withoutRenewals<L extends { expires_at: string | null; heartbeat_at: string | null }>(
  lease: L,
  state: string,
): L {
  return { ...lease, heartbeat_at: null, expires_at: UNDER_REVIEW.includes(state) ? lease.expires_at : null };
}
