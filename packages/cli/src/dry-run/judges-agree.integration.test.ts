import {
  approveRun,
  claimSlot,
  createRun,
  endRun,
  extendRun,
  findLease,
  findRun,
  listApprovals,
  listAttempts,
  migrateControlStore,
  openControlStore,
  provisionSlots,
  rejectRun,
  retryRun,
  type Store,
} from "@oroboros/control-store";
import {
  OperatorError,
  RUN_STATES,
  slotIds,
  type ApprovalView,
  type CommitSha,
  type ReasonCode,
  type RunId,
  type RunState,
  type RunView,
} from "@oroboros/slot-contract";
import { startPostgres, type TestPostgres } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeAnother, judgeExpiry } from "./judge-move.ts";
import { judgeApproval, judgeExtension, judgeRejection } from "./judge-review.ts";
import type { RunFacts, Verdict } from "./run-facts.ts";

const LIVE = "1".repeat(40) as CommitSha;
const OTHER = "2".repeat(40) as CommitSha;
const ENDINGS: Partial<Record<RunState, ReasonCode>> = {
  failed: "CHECKS_FAILED",
  canceled: "AGENT_CANCELED",
  expired: "PREVIEW_EXPIRED",
};

let postgres: TestPostgres;
let control: ReturnType<typeof openControlStore>;

beforeAll(async () => {
  postgres = await startPostgres();
  control = openControlStore({ databaseUrl: postgres.superuserUrl(), onError: () => undefined });
  await migrateControlStore(control.db);
  await provisionSlots(control.db, slotIds({ slotCount: 1 }));
});
afterAll(async () => {
  await control?.close();
  await postgres?.stop();
});

type Prepare = (store: Store, runId: RunId) => Promise<unknown>;

/** A run that shows a commit in the one slot, in a state that somebody has put it into. */
const stands =
  (status: RunState, reasonCode: ReasonCode | null = ENDINGS[status] ?? null): Prepare =>
  async (store, runId) => {
    await claimSlot(store, { runId, ttlSeconds: 600, commitSha: LIVE });
    await store
      .updateTable("publish_attempts")
      .set({ status: "succeeded", live: "{}" })
      .where("run_id", "=", runId)
      .execute();
    const isApproved = status === "approved";
    const set = { status: isApproved ? "needs_approval" : status, failure_reason_code: reasonCode } as const;
    await store.updateTable("runs").set(set).where("run_id", "=", runId).execute();
    if (isApproved) await approveRun(store, { runId });
  };

const requested = { status: "requested", finished_at: null, live: null } as const;
/** Each way for a run to be, in words. */
const SITUATIONS: Record<string, Prepare> = {
  ...Object.fromEntries(RUN_STATES.map((status) => [status, stands(status)])),
  "only queued": () => Promise.resolve(),
  "failed by running out of time": stands("failed", "AGENT_TIMEOUT"),
  "failed by a rejection": async (store, runId) => {
    await stands("needs_approval")(store, runId);
    await rejectRun(store, { runId, reason: "no", failureReasonCode: "POLICY_REJECTED" });
  },
  "being published again": async (store, runId) => {
    await stands("needs_approval")(store, runId);
    await store.updateTable("publish_attempts").set(requested).where("run_id", "=", runId).execute();
  },
  "under review past its time": async (store, runId) => {
    await stands("needs_approval")(store, runId);
    await store
      .updateTable("slot_leases")
      .set({ expires_at: new Date(0) })
      .where("run_id", "=", runId)
      .execute();
  },
  "expired and tried again": async (store, runId) => {
    await stands("expired")(store, runId);
    await retryRun(store, { runId, by: "retry" });
  },
};

async function factsOf(store: Store, runId: RunId): Promise<RunFacts> {
  const run = await findRun(store, runId);
  if (run === undefined) throw new Error("no run");
  const lease = run.slotId === null ? undefined : await findLease(store, run.slotId);
  const attempts = await listAttempts(store, runId);
  const expiresAt = lease?.runId === runId ? lease.expiresAt?.toISOString() : undefined;
  return {
    run_id: runId,
    status: run.status,
    commit_sha: run.commitSha,
    failure_reason_code: run.failureReasonCode,
    principal: run.principal,
    lease:
      lease === undefined || expiresAt === undefined
        ? null
        : { lease_epoch: lease.leaseEpoch, expires_at: expiresAt, heartbeat_at: null },
    attempts: attempts.map(({ status }) => ({ status }) as RunFacts["attempts"][number]),
  };
}

interface Action {
  judge: (run: RunFacts, store: Store) => Verdict | Promise<Verdict>;
  act: (store: Store, runId: RunId) => Promise<unknown>;
}

async function judgeAgain(run: RunFacts, store: Store, by: "retry" | "resume"): Promise<Verdict> {
  const children = await store
    .selectFrom("runs")
    .select(["run_id", "status"])
    .where("parent_run_id", "=", run.run_id)
    .execute();
  return judgeAnother(run, by, children[0] as RunView | undefined);
}

/** What the command line foretells, and what the api does. */
const ACTIONS: Record<string, Action> = {
  extend: {
    judge: (run) => judgeExtension(run, 5, new Date()),
    act: (store, runId) => extendRun(store, { runId, hours: 5 }),
  },
  approve: {
    judge: (run) => judgeApproval(run, undefined, new Date()),
    act: (store, runId) => approveRun(store, { runId }),
  },
  "approve another commit": {
    judge: (run) => judgeApproval(run, OTHER, new Date()),
    act: (store, runId) => approveRun(store, { runId, commitSha: OTHER }),
  },
  reject: {
    judge: async (run, store) => {
      const decisions = (await listApprovals(store, run.run_id)).map(({ decision }) => ({ decision }) as ApprovalView);
      return judgeRejection(run, decisions, "CHECKS_FAILED");
    },
    act: (store, runId) => rejectRun(store, { runId, reason: "no", failureReasonCode: "CHECKS_FAILED" }),
  },
  retry: {
    judge: (run, store) => judgeAgain(run, store, "retry"),
    act: (store, runId) => retryRun(store, { runId, by: "retry" }),
  },
  resume: {
    judge: (run, store) => judgeAgain(run, store, "resume"),
    act: (store, runId) => retryRun(store, { runId, by: "resume" }),
  },
  expire: {
    judge: judgeExpiry,
    // As the api does: expiring what is expired answers it again.
    act: async (store, runId) =>
      (await findRun(store, runId))?.status === "expired"
        ? undefined
        : endRun(store, { runId, to: "expired", reasonCode: "PREVIEW_EXPIRED" }),
  },
};

const codeOf = (error: unknown): string => {
  if (error instanceof OperatorError) return error.code;
  throw error;
};
const eventCount = async (store: Store): Promise<number> =>
  (await store.selectFrom("run_events").select("event_id").execute()).length;

class RolledBack extends Error {}

test.each(
  Object.keys(ACTIONS).flatMap((action) => Object.keys(SITUATIONS).map((situation) => [action, situation] as const)),
)("%s of a run that is %s: what is foretold is what happens", async (name, situation) => {
  const { judge, act } = ACTIONS[name] as Action;
  const compared = control.db.transaction().execute(async (tx) => {
    const { runId } = await createRun(tx, { title: "t", prompt: "", branch: "main", commitSha: null, createdBy: null });
    await SITUATIONS[situation]?.(tx, runId);
    const verdict = await judge(await factsOf(tx, runId), tx);
    const before = await eventCount(tx);
    const code = await act(tx, runId).then(() => undefined, codeOf);
    expect(verdict.kind === "refused" ? verdict.error.code : undefined).toBe(code);
    const isChanged = (await eventCount(tx)) > before;
    expect(verdict.kind === "allowed").toBe(isChanged);
    throw new RolledBack();
  });
  await expect(compared).rejects.toThrow(RolledBack);
});
