import { createRun, findRun, listArtifacts, listAttempts, listRuns, requestAttempt } from "@oroboros/control-store";
import {
  createRunRequestSchema,
  emptyRequestSchema,
  listRunsQuerySchema,
  MAIN_BRANCH,
  publishRunRequestSchema,
  runContractView,
} from "@oroboros/slot-contract";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { parseBody, parseQuery, runIdParameter, runNotFound } from "../parse-request.ts";
import { cancelLiveRun, wakeFor } from "../release-slot.ts";
import { artifactView, attemptView, runView } from "../run-view.ts";

export function runRoutes(api: Api, context: ApiContext): void {
  const { contract, store } = context;

  api.post("/api/runs", authenticate(store, "agent"), async (c) => {
    const request = await parseBody(c, createRunRequestSchema);
    const run = await createRun(store, {
      title: request.title,
      prompt: request.prompt,
      branch: request.branch ?? (request.commit_sha === undefined ? MAIN_BRANCH : null),
      commitSha: request.commit_sha ?? null,
      createdBy: request.created_by ?? null,
    });
    await wakeFor(context, run.runId);
    return c.json(runView(contract, run), 201);
  });

  api.get("/api/runs", authenticate(store, "viewer"), async (c) => {
    const { status, limit, offset } = parseQuery(c, listRunsQuerySchema);
    const { items, total } = await listRuns(store, { statuses: status, limit, offset });
    return c.json({ items: items.map((run) => runView(contract, run)), total, limit, offset });
  });

  api.get("/api/runs/contract", authenticate(store, "viewer"), (c) => c.json(runContractView()));

  api.get("/api/runs/:id", authenticate(store, "viewer"), async (c) => {
    const runId = runIdParameter(c);
    const [run, artifacts, attempts] = await Promise.all([
      findRun(store, runId),
      listArtifacts(store, runId),
      listAttempts(store, runId),
    ]);
    if (run === undefined) throw runNotFound(runId);
    return c.json({
      ...runView(contract, run),
      artifacts: artifacts.map(artifactView),
      attempts: attempts.map(attemptView),
    });
  });

  api.post("/api/runs/:id/publish", authenticate(store, "agent"), async (c) => {
    const runId = runIdParameter(c);
    const { commit_sha: commitSha = null } = await parseBody(c, publishRunRequestSchema);
    const { attempt, already } = await requestAttempt(store, { runId, commitSha });
    await wakeFor(context, runId);
    return c.json({ run_id: runId, already, ...attemptView(attempt) }, already ? 200 : 202);
  });

  api.post("/api/runs/:id/cancel", authenticate(store, "agent"), async (c) => {
    const runId = runIdParameter(c);
    await parseBody(c, emptyRequestSchema);
    await cancelLiveRun(context, runId);
    const run = await findRun(store, runId);
    if (run === undefined) throw runNotFound(runId);
    return c.json(runView(contract, run));
  });
}
