import type { LeaseRef } from "@oroboros/control-store";
import type { RunId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import type { StepLog } from "./step-log.ts";

/** What the function that carries out one step gets to work with. */
export interface StepContext {
  readonly context: Context;
  readonly lease: LeaseRef;
  readonly runId: RunId;
  readonly log: StepLog;
  readonly signal: AbortSignal;
}
