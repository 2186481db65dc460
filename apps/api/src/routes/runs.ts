import {
  createRun,
  createRunOnce,
  findLease,
  findRun,
  listArtifacts,
  listAttempts,
  listRuns,
  requestAttempt,
  type NewRun,
} from "@oroboros/control-store";
import {
  createRunRequestSchema,
  IDEMPOTENCY_REPLAYED_HEADER,
  listRunsQuerySchema,
  MAIN_BRANCH,
  publishRunRequestSchema,
  runContractView,
  type NewRunRequest,
  type RunDetail,
  type RunId,
} from "@oroboros/slot-contract";
import { change, principalOf } from "../acting.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { etagged, tagOf, withoutRenewals } from "../etagged.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { lockOwnRun } from "../require-own-run.ts";
import { parseBody, parseQuery, runIdParameter, runNotFound } from "../parse-request.ts";
import { wakeFor } from "../release-slot.ts";
import { artifactView, attemptView, destructiveOf, runView } from "../run-view.ts";

export function runRoutes(api: Api, context: ApiContext): void {
  const { contract, store } = context;
  const agent = authenticate(store, "agent");
  const viewer = authenticate(store, "viewer");

  api.post("/api/runs", agent, async (c) => {
    const key = idempotencyKeyOf(c);
    const request = await parseBody(c, createRunRequestSchema);
    const { run, already } = await change(context, c, async (tx) =>
      key === undefined
        ? { run: await createRun(tx, newRun(request)), already: false }
        : createRunOnce(tx, { key, request }, newRun(request)),
    );
    await wakeFor(context, run.runId);
    if (already) c.header(IDEMPOTENCY_REPLAYED_HEADER, "true");
    return c.json(runView(contract, run), already ? 200 : 201);
  });

  api.get("/api/runs", viewer, etagged, async (c) => {
    const { status: statuses, route, limit, offset } = parseQuery(c, listRunsQuerySchema);
    const { items, total } = await listRuns(store, { statuses, route, limit, offset });
    return c.json({ items: items.map((run) => runView(contract, run)), total, limit, offset });
  });

  api.get("/api/runs/contract", viewer, (c) => c.json(runContractView()));

  api.get("/api/runs/:id", viewer, etagged, async (c) => {
    const run = await runDetail(context, runIdParameter(c));
    c.header("ETag", tagOf({ ...run, lease: run.lease === null ? null : withoutRenewals(run.lease, run.status) }));
    return c.json(run);
  });

  api.post("/api/runs/:id/publish", agent, async (c) => {
    const runId = runIdParameter(c);
    const { commit_sha: commitSha = null } = await parseBody(c, publishRunRequestSchema);
    const { attempt, already } = await change(context, c, async (tx) => {
      await lockOwnRun(tx, principalOf(c), runId);
      return requestAttempt(tx, { runId, commitSha });
    });
    await wakeFor(context, runId);
    return c.json({ run_id: runId, already, ...attemptView(attempt) }, already ? 200 : 202);
  });
}

const newRun = (request: NewRunRequest): NewRun => ({
  title: request.title,
  prompt: request.prompt,
  branch: request.branch ?? (request.commit_sha === undefined ? MAIN_BRANCH : null),
  commitSha: request.commit_sha ?? null,
  createdBy: request.created_by ?? null,
  route: request.route,
  pageTitle: request.page_title,
  elementHint: request.element_hint,
  note: request.note,
  metadata: request.metadata,
});

async function runDetail({ contract, store }: ApiContext, runId: RunId): Promise<RunDetail> {
  const [run, artifacts, attempts] = await Promise.all([
    findRun(store, runId),
    listArtifacts(store, runId),
    listAttempts(store, runId),
  ]);
  if (run === undefined) throw runNotFound(runId);
  const lease = run.slotId === null ? undefined : await findLease(store, run.slotId);
  return {
    ...runView(contract, run),
    // Between the two questions the slot may have become another run's.
    lease:
      lease?.runId !== runId || lease.expiresAt === null
        ? null
        : {
            lease_epoch: lease.leaseEpoch,
            expires_at: lease.expiresAt.toISOString(),
            heartbeat_at: lease.heartbeatAt?.toISOString() ?? null,
          },
    artifacts: artifacts.map(artifactView),
    attempts: attempts.map(attemptView),
    destructive_statements: destructiveOf(attempts),
  };
}
