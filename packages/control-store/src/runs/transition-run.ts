import {
  canTransition,
  isTerminal,
  OperatorError,
  type ReasonCode,
  type RunId,
  type RunState,
} from "@oroboros/slot-contract";
import { sql } from "kysely";
import { cancelOpenAttempts } from "../attempts/cancel-open-attempts.ts";
import { boundedText } from "../bounded-text.ts";
import { appendEvent } from "../events/append-event.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import { findRun } from "./find-run.ts";
import type { Run } from "./run.ts";
import { runNotFound } from "./run-refusals.ts";

export interface Transition {
  runId: RunId;
  to: RunState;
  reasonCode?: ReasonCode;
  message?: string;
}

/**
 * Moves a run to another state; the new state and its event are one transaction, the caller's where it has one.
 *
 * @throws OperatorError `run_not_found`, `invalid_transition`.
 */
export async function transitionRun(store: Store, transition: Transition): Promise<Run> {
  return inTransaction(store, (tx) => transitionLocked(tx, transition));
}

async function transitionLocked(tx: StoreTransaction, transition: Transition): Promise<Run> {
  const { runId, to, reasonCode = null } = transition;
  const message = transition.message === undefined ? null : boundedText(transition.message);
  const locked = await tx
    .selectFrom("runs")
    .select("status")
    .where("run_id", "=", runId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (locked === undefined) throw runNotFound(runId);
  refuseUnlawful(transition, locked.status);
  await tx
    .updateTable("runs")
    .set({
      status: to,
      failure_reason_code: reasonCode,
      failure_message: message,
      updated_at: sql<Date>`clock_timestamp()`,
    })
    .where("run_id", "=", runId)
    .execute();
  if (isTerminal(to)) await cancelOpenAttempts(tx, runId);
  const detail = { from: locked.status, to, reason_code: reasonCode, message };
  await appendEvent(tx, { runId, eventType: "run_transitioned", detail });
  const run = await findRun(tx, runId);
  if (run === undefined) throw new Error("a run that is locked can be read");
  return run;
}

function refuseUnlawful({ runId, to, reasonCode }: Transition, from: RunState): void {
  const ending = to === "failed" || to === "canceled" || to === "expired";
  const problem = canTransition(from, to)
    ? reasonProblem(ending, reasonCode)
    : `it is ${from}, and ${from} does not lead to ${to}`;
  if (problem === undefined) return;
  const message = from === to ? `Run ${runId} is already ${to}.` : `Run ${runId} can not become ${to}: ${problem}.`;
  throw new OperatorError("invalid_transition", message, {
    hint: `See the run with: oroboros runs show ${runId}`,
  });
}

function reasonProblem(ending: boolean, reasonCode: ReasonCode | undefined): string | undefined {
  if (ending && reasonCode === undefined) return "a reason code is required";
  if (!ending && reasonCode !== undefined) return "a reason code belongs to an ending only";
  return undefined;
}
