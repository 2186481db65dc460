import {
  findLease,
  findRun,
  listAttempts,
  listResets,
  listSnapshots,
  listWorktrees,
  lockRuns,
  quarantine,
  requestAttempt,
  type StoreTransaction,
} from "@oroboros/control-store";
import {
  assignWorktreeRequestSchema,
  emptyRequestSchema,
  listResetsQuerySchema,
  parseSlotId,
  type Enqueued,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";
import { change } from "../acting.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { lookAtHost } from "../look-at-host.ts";
import { resetView, snapshotView, worktreeView } from "../operations-view.ts";
import { parseBody, parseQuery, runNotFound } from "../parse-request.ts";
import { wakeFor, wakeQueue } from "../release-slot.ts";

/** What stands on this host, and what a worker is asked to do about it: the api itself operates nothing. */
export function operationRoutes(api: Api, context: ApiContext): void {
  const { contract, store } = context;
  const viewer = authenticate(store, "viewer");
  const operator = authenticate(store, "operator");

  api.get("/api/worktrees", viewer, async (c) => {
    const worktrees = await listWorktrees(store);
    return c.json({ items: worktrees.map((worktree) => worktreeView(contract, worktree)) });
  });

  api.post("/api/worktrees/assign", operator, async (c) => {
    const { slot_id: slotText, run_id: runId } = await parseBody(c, assignWorktreeRequestSchema);
    const slot = parseSlotId(contract, slotText);
    const answer = await change(context, c, (tx) => assign(tx, slot, runId));
    if (answer.accepted) await wakeFor(context, runId);
    return c.json(answer);
  });

  api.post("/api/worktrees/:slot/cleanup", operator, async (c) => {
    const slot = parseSlotId(contract, c.req.param("slot"));
    await parseBody(c, emptyRequestSchema);
    const answer = await change(context, c, (tx) => cleanUp(tx, slot));
    if (answer.accepted) await wakeQueue(context);
    return c.json(answer);
  });

  api.get("/api/host", viewer, async (c) => c.json(await lookAtHost(context)));

  api.get("/api/databases/resets", viewer, async (c) => {
    const { slot, ...page } = parseQuery(c, listResetsQuerySchema);
    const of = slot === undefined ? {} : { slotId: parseSlotId(contract, slot) };
    const { items, total } = await listResets(store, { ...page, ...of });
    return c.json({ items: items.map(resetView), total, ...page });
  });

  api.get("/api/databases/snapshots", viewer, async (c) => {
    const snapshots = await listSnapshots(store);
    return c.json({ items: snapshots.map(snapshotView) });
  });
}

/** Publishes the commit that a run shows in a slot once more, into a worktree of its own. A publish of another commit goes on instead. */
async function assign(tx: StoreTransaction, slot: SlotId, runId: RunId): Promise<Enqueued> {
  const [locked] = await lockRuns(tx, [runId]);
  if (locked === undefined) throw runNotFound(runId);
  const { runId: holder } = await findLease(tx, slot);
  if (holder !== runId) {
    return refused("assign_worktree", holder === null ? `no run holds ${slot}` : `${slot} is held by run ${holder}`);
  }
  const commitSha = (await findRun(tx, runId))?.commitSha ?? null;
  const newer = (await listAttempts(tx, runId)).findLast(
    (open) => (open.status === "requested" || open.status === "running") && open.commitSha !== commitSha,
  );
  if (newer !== undefined) {
    const what = newer.commitSha ?? "its branch's head";
    return refused("assign_worktree", `publish ${newer.attempt} of run ${runId}, of ${what}, is ${newer.status}`);
  }
  const { attempt } = await requestAttempt(tx, { runId, commitSha });
  return { accepted: true, operation: "assign_worktree", job_id: `${runId}/${attempt.attempt}`, reason: null };
}

/** Has a free slot emptied; nobody is given it before that is done. */
async function cleanUp(tx: StoreTransaction, slot: SlotId): Promise<Enqueued> {
  if (!(await quarantine(tx, slot))) {
    const { runId } = await findLease(tx, slot);
    return refused("cleanup_worktree", `${slot} is held by ${runId === null ? "an operation" : `run ${runId}`}`);
  }
  const audited = { action: "slot_cleanup_requested", slot_id: slot, run_id: null, detail: "{}" };
  await tx.insertInto("audit_log").values(audited).execute();
  return { accepted: true, operation: "cleanup_worktree", job_id: `cleanup/${slot}`, reason: null };
}

const refused = (operation: Enqueued["operation"], reason: string): Enqueued => ({
  accepted: false,
  operation,
  job_id: null,
  reason,
});
