import { backendUnit, type RuntimeContract, type SlotId, type SlotJob } from "@oroboros/slot-contract";
import { backendInvocationFile, backendStartFile } from "@oroboros/slot-contract/host";
import { MAX_JOB_BYTES } from "../find-backend-job.ts";
import { readConfinedText } from "../read-file-confined.ts";
import { slotJobIn } from "../slot/parse-slot-job.ts";
import type { SystemdHost } from "./systemd-host.ts";
import { type UnitState, unitState } from "./unit-state.ts";

export type BackendState = Readonly<{
  unit: UnitState;
  /** Runs, and not only between two ends. */
  isRunning: boolean;
  /** What it was started with the last time; undefined where it never was since the slot was emptied. */
  job: SlotJob | undefined;
}>;

/** A restart of systemd's own that lives as long as this is no crash loop's next round. */
const SETTLED_MS = 3_000;
/** An invocation is 32 digits. */
const MAX_INVOCATION_BYTES = 64;

export async function backendState({ contract }: SystemdHost, slot: SlotId): Promise<BackendState> {
  const unit = await unitState(backendUnit(contract, slot));
  const { job, invocation } = await lastStart(contract, slot);
  // Whoever waits for a backend that ends again and again would take each next round for a start that works.
  const isSettled = unit.invocationId === invocation || nowMs() - unit.activeSinceMs > SETTLED_MS;
  return { unit, isRunning: unit.isRunning && isSettled, job };
}

/** systemd's own clock, CLOCK_MONOTONIC. */
const nowMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/**
 * What the backend was started with the last time, and as which invocation of its unit.
 *
 * @throws OperatorError `path_refused` where neither the worker nor root wrote it.
 */
export async function lastStart(
  contract: Pick<RuntimeContract, "root">,
  slot: SlotId,
): Promise<{ job: SlotJob | undefined; invocation: string | undefined }> {
  const [text, invocation] = await Promise.all([
    readConfinedText(backendStartFile(contract, slot), { maxBytes: MAX_JOB_BYTES }),
    readConfinedText(backendInvocationFile(contract, slot), { maxBytes: MAX_INVOCATION_BYTES }),
  ]);
  return { job: text === undefined ? undefined : slotJobIn(text), invocation: invocation?.trim() };
}
