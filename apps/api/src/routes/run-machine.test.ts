import { findRun, listAudit, listEvents, transitionRun } from "@oroboros/control-store";
import {
  includesRole,
  isTerminal,
  OperatorError,
  RUN_STATES,
  RUN_TRANSITIONS,
  type ReasonCode,
  type Role,
  type RunId,
  type RunState,
} from "@oroboros/slot-contract";
import { rounds } from "@oroboros/test-support";
import fc from "fast-check";
import { expect, test } from "vitest";
import { aReviewedRun, LIVE } from "../testing/reviewed-run.ts";
import { aLiveRun, aRun, useApi } from "../testing/use-api.ts";

const SEQUENCES = 300;
const REVIEWED: readonly RunState[] = ["preview_ready", "needs_approval", "approved"];
const AT_WORK: readonly RunState[] = ["planning", "editing", "testing"];
const AGENTS = ["cancel", "publish", "retry", "resume"] as const;
const OPERATORS = ["expire", "extend", "approve", "reject"] as const;
const BODIES: Record<string, object> = { extend: { hours: 1 }, reject: { reason: "no" } };
const CODES: Partial<Record<RunState, ReasonCode>> = {
  failed: "CHECKS_FAILED",
  canceled: "AGENT_CANCELED",
  expired: "PREVIEW_EXPIRED",
};

type Action = (typeof AGENTS)[number] | (typeof OPERATORS)[number];
type Act =
  | { actor: Role; action: Action }
  | { actor: Role; action: "transition"; to: RunState }
  | { actor: "system"; action: "transition"; to: RunState };

const role = fc.constantFrom<Role>("viewer", "agent", "operator", "operator");
// Only an approval makes a run approved.
const bySystem = RUN_STATES.filter((state) => state !== "approved");
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ actor: role, action: fc.constantFrom<Action>(...AGENTS, ...OPERATORS) }),
  fc.record({ actor: role, action: fc.constant("transition" as const), to: fc.constantFrom(...RUN_STATES) }),
  fc.record({
    actor: fc.constant("system" as const),
    action: fc.constant("transition" as const),
    // Most of the table is behind these two.
    to: fc.oneof(fc.constantFrom(...bySystem), fc.constantFrom<RunState>("preview_ready", "needs_approval")),
  }),
);

/** What the table and the documents make of a run. */
interface Model {
  status: RunState;
  code: ReasonCode | null;
  holdsSlot: boolean;
  isAskedFor: boolean;
  isRejected: boolean;
  hasChild: boolean;
  moves: [from: RunState, to: RunState][];
}

const STARTS = ["queued", "planning", "needs_approval"] as const;
type Start = (typeof STARTS)[number];

const api = useApi();

test("whoever does what in whatever order, a run goes only where the table of states leads", async () => {
  let sequences = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(...STARTS),
      async (acts, start) => {
        await api.clear();
        const runId = await startRun(start);
        const model = newRun(start);
        for (const each of acts) {
          const expected = step(model, each);
          expect([each, await answerTo(runId, each)]).toEqual([each, expected]);
          expect([each, (await findRun(api.store, runId))?.status]).toEqual([each, model.status]);
        }
        await expectOnRecord(runId, model);
        sequences += 1;
      },
    ),
    { numRuns: rounds(SEQUENCES) },
  );
  expect(sequences).toBe(rounds(SEQUENCES));
});

async function startRun(start: Start): Promise<RunId> {
  if (start === "queued") return (await api.byAgent((tx) => aRun(tx, { commitSha: LIVE }))).runId;
  if (start === "planning") return (await api.byAgent((tx) => aLiveRun(tx, { commitSha: LIVE }))).run.runId;
  return (await api.byAgent((tx) => aReviewedRun(tx))).runId;
}

const WAY: Record<Start, Model["moves"]> = {
  queued: [],
  planning: [["queued", "planning"]],
  needs_approval: [
    ["queued", "planning"],
    ["planning", "preview_ready"],
    ["preview_ready", "needs_approval"],
  ],
};

function newRun(start: Start): Model {
  return {
    status: start,
    code: null,
    holdsSlot: start !== "queued",
    isAskedFor: false,
    isRejected: false,
    hasChild: false,
    moves: [...WAY[start]],
  };
}

/** What the answer has to be; the model is moved on. */
function step(model: Model, { actor, ...rest }: Act): number | string {
  const { status } = model;
  if (rest.action === "transition") {
    const { agent, system } = RUN_TRANSITIONS[status];
    if (actor === "viewer") return "role_required";
    if (!(actor === "system" ? [...agent, ...system] : agent).includes(rest.to)) return "invalid_transition";
    if (actor !== "system" && !model.holdsSlot && !isTerminal(rest.to)) return "invalid_transition";
    return move(model, rest.to, actor === "system" ? { keepsSlot: true } : {});
  }
  if (!includesRole(actor as Role, OPERATORS.some((each) => each === rest.action) ? "operator" : "agent")) {
    return "role_required";
  }
  return stepAction(model, rest.action);
}

function stepAction(model: Model, action: Action): number | string {
  const { status } = model;
  const reachable = [...RUN_TRANSITIONS[status].agent, ...RUN_TRANSITIONS[status].system];
  switch (action) {
    case "cancel":
    case "expire": {
      const to = action === "cancel" ? "canceled" : "expired";
      if (status === to) return 200;
      return reachable.includes(to) ? move(model, to) : "invalid_transition";
    }
    case "extend":
      if (!REVIEWED.includes(status)) return "invalid_transition";
      return model.holdsSlot ? 200 : "stale_lease";
    case "approve":
      if (status === "approved") return 200;
      if (status !== "needs_approval") return "invalid_transition";
      if (model.isAskedFor) return "commit_changed";
      return model.holdsSlot ? move(model, "approved") : "stale_lease";
    case "reject":
      if (status === "failed" && model.isRejected) return 200;
      if (!REVIEWED.includes(status)) return "invalid_transition";
      model.isRejected = true;
      return move(model, "failed", { code: "POLICY_REJECTED" });
    case "publish":
      return publish(model);
    case "retry":
    case "resume": {
      const isEnded = isTerminal(status) && status !== "merged";
      const isOutOfTime = status === "expired" || (status === "failed" && model.code === "AGENT_TIMEOUT");
      if (!(action === "retry" ? isEnded : isOutOfTime)) return "invalid_transition";
      if (model.hasChild) return 200;
      model.hasChild = true;
      return 201;
    }
    default:
      return action satisfies never;
  }
}

function publish(model: Model): number | string {
  // A run that was given its slot by request is begun by a publish.
  const isBegun = AT_WORK.includes(model.status) && model.holdsSlot;
  if (!REVIEWED.includes(model.status) && !isBegun) return "invalid_transition";
  if (!model.holdsSlot) return "stale_lease";
  if (model.status === "approved") move(model, "needs_approval");
  if (model.isAskedFor) return 200;
  model.isAskedFor = true;
  return 202;
}

function move(
  model: Model,
  to: RunState,
  { keepsSlot = false, code = CODES[to] ?? null }: { keepsSlot?: boolean; code?: ReasonCode | null } = {},
): 200 {
  model.moves.push([model.status, to]);
  model.status = to;
  model.code = code;
  if (isTerminal(to)) {
    model.isAskedFor = false;
    model.holdsSlot = model.holdsSlot && keepsSlot;
  }
  return 200;
}

async function answerTo(runId: RunId, { actor, ...rest }: Act): Promise<number | string> {
  const reasonCode = rest.action === "transition" ? CODES[rest.to] : undefined;
  if (actor === "system") {
    if (rest.action !== "transition") throw new Error("the system only moves runs");
    const transition = { runId, to: rest.to, ...(reasonCode === undefined ? {} : { reasonCode }) };
    return transitionRun(api.store, transition).then(
      () => 200,
      (error: unknown) => (error instanceof OperatorError ? error.code : String(error)),
    );
  }
  const body =
    rest.action === "transition"
      ? { to_status: rest.to, ...(reasonCode === undefined ? {} : { failure_reason_code: reasonCode }) }
      : (BODIES[rest.action] ?? {});
  const answer = await api.call(`/api/runs/${runId}/${rest.action}`, { method: "POST", body, as: actor });
  return answer.status < 300 ? answer.status : (answer.body as { code: string }).code;
}

/** Every move is an event, in its order, and every event but those of steps is a row of the audit log. */
async function expectOnRecord(runId: RunId, { moves, holdsSlot }: Model): Promise<void> {
  const events = await listEvents(api.store, { runId, sinceId: "0", limit: 1_000 });
  const moved = events.filter(({ eventType }) => eventType === "run_transitioned");
  expect(moved.map(({ detail }) => [detail["from"], detail["to"]])).toEqual(moves);
  const audit = await listAudit(api.store, { limit: 1_000, runId });
  expect(audit.map(({ action }) => action)).toEqual(events.map(({ eventType }) => eventType));
  expect((await findRun(api.store, runId))?.slotId !== null).toBe(holdsSlot);
}
