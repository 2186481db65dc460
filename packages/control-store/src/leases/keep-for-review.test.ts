import { REVIEW_TTL_SECONDS } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { liveRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { findLease } from "./find-lease.ts";
import { keepForReview } from "./keep-for-review.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;

test.each([
  ["that is over in a minute is kept for a whole review's time", 60, REVIEW_TTL_SECONDS],
  ["that lasts longer is not shortened", 2 * REVIEW_TTL_SECONDS, 2 * REVIEW_TTL_SECONDS],
  ["that was over a moment ago is not brought back", -1, -1],
])("a lease %s", async (_what, seconds, leftSeconds) => {
  const { runId, slotId } = await liveRun(control);
  await control.expireIn(slotId, seconds);
  await db.transaction().execute((tx) => keepForReview(tx, runId));
  const { expiresAt } = await findLease(db, slotId);
  const left = (expiresAt!.getTime() - Date.now()) / 1_000;
  expect(left).toBeLessThanOrEqual(leftSeconds + 1);
  expect(left).toBeGreaterThan(leftSeconds - 60);
});
