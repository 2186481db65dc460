import {
  endRun,
  extendRun,
  findRun,
  holdsSlot,
  retryRun,
  transitionRun,
  type Again,
  type Run,
  type StoreTransaction,
} from "@oroboros/control-store";
import {
  emptyRequestSchema,
  expireRunRequestSchema,
  extendRunRequestSchema,
  mayTransition,
  OperatorError,
  transitionRunRequestSchema,
  type EndedRun,
  type RunId,
  type RunState,
  type TransitionRunRequest,
} from "@oroboros/slot-contract";
import type { Context } from "hono";
import { change, principalOf, type ApiEnv, type Principal } from "../acting.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { parseBody, runIdParameter } from "../parse-request.ts";
import { wakeFor, wakeQueue } from "../release-slot.ts";
import { lockOwnRun } from "../require-own-run.ts";
import { runPreview } from "../review-view.ts";
import { runView } from "../run-view.ts";

const CODE_OF = { canceled: "AGENT_CANCELED", expired: "PREVIEW_EXPIRED" } as const;

/** What moves a run, each in one transaction with its event, and what follows from it. */
export function runActionRoutes(api: Api, context: ApiContext): void {
  const { contract, store } = context;
  const agent = authenticate(store, "agent");
  const operator = authenticate(store, "operator");

  api.post("/api/runs/:id/transition", agent, async (c) => {
    const runId = runIdParameter(c);
    const request = await parseBody(c, transitionRunRequestSchema);
    const run = await change(context, c, (tx) => moveRun(tx, principalOf(c), runId, request));
    await wakeQueue(context);
    return c.json(runView(contract, run));
  });

  api.post("/api/runs/:id/cancel", agent, async (c) => {
    await parseBody(c, emptyRequestSchema);
    return c.json(await endOnce(context, c, { to: "canceled" }));
  });

  api.post("/api/runs/:id/expire", operator, async (c) => {
    const message = (await parseBody(c, expireRunRequestSchema))?.reason;
    return c.json(await endOnce(context, c, { to: "expired", message }));
  });

  api.post("/api/runs/:id/extend", operator, async (c) => {
    const runId = runIdParameter(c);
    const { hours } = await parseBody(c, extendRunRequestSchema);
    await change(context, c, (tx) => extendRun(tx, { runId, hours }));
    return c.json(await runPreview(context, runId));
  });

  for (const by of ["retry", "resume"] as const) {
    api.post(`/api/runs/:id/${by}`, agent, async (c) => {
      await parseBody(c, emptyRequestSchema);
      const { run, already } = await tryAgain(context, c, by);
      return c.json(runView(contract, run), already ? 200 : 201);
    });
  }
}

/** What nobody but the system does stays undone here, whatever role asks. */
async function moveRun(
  tx: StoreTransaction,
  principal: Principal,
  runId: RunId,
  { to_status: to, failure_reason_code: code }: TransitionRunRequest,
): Promise<Run> {
  const { status } = await lockOwnRun(tx, principal, runId);
  if (!mayTransition("agent", status, to)) throw notByAgent(runId, status, to);
  if (to === "failed" && code !== undefined) return endRun(tx, { runId, to, reasonCode: code });
  if (to === "canceled") return endRun(tx, { runId, to, reasonCode: CODE_OF.canceled });
  if (!(await holdsSlot(tx, runId))) throw withoutSlot(runId, to);
  return transitionRun(tx, { runId, to });
}

/** It would have left the queue without anybody who goes on with it. */
function withoutSlot(runId: RunId, to: RunState): OperatorError {
  return new OperatorError("invalid_transition", `Run ${runId} can not become ${to}: it holds no slot.`, {
    hint: "Acquire a slot for it first, with POST /api/slots/acquire.",
  });
}

function notByAgent(runId: RunId, from: RunState, to: RunState): OperatorError {
  const problem = mayTransition("system", from, to)
    ? `nobody but the system makes a run that is ${from} ${to}`
    : from === to
      ? `it is ${from} already`
      : `it is ${from}, and ${from} does not lead to ${to}`;
  return new OperatorError("invalid_transition", `Run ${runId} can not become ${to}: ${problem}.`, {
    hint: mayTransition("system", from, to)
      ? "Publishing makes a run preview_ready; then use approve, reject, cancel or expire."
      : `See the run with: oroboros runs show ${runId}`,
  });
}

/** Ends a run in this way. One that has ended in it before stays as it is, with the reason that it ended for. */
async function endOnce(
  context: ApiContext,
  c: Context<ApiEnv>,
  { to, message }: { to: keyof typeof CODE_OF; message?: string | undefined },
): Promise<EndedRun> {
  const runId = runIdParameter(c);
  const end = { runId, to, reasonCode: CODE_OF[to], ...(message === undefined ? {} : { message }) };
  const { run, already } = await change(context, c, async (tx) => {
    const { status } = await lockOwnRun(tx, principalOf(c), runId);
    const ended = status === to ? await findRun(tx, runId) : undefined;
    return ended === undefined ? { run: await endRun(tx, end), already: false } : { run: ended, already: true };
  });
  await wakeQueue(context);
  return { ...runView(context.contract, run), already };
}

async function tryAgain(context: ApiContext, c: Context<ApiEnv>, by: Again): Promise<{ run: Run; already: boolean }> {
  const runId = runIdParameter(c);
  const tried = await change(context, c, async (tx) => {
    await lockOwnRun(tx, principalOf(c), runId);
    return retryRun(tx, { runId, by });
  });
  await wakeFor(context, tried.run.runId);
  return tried;
}
