import { readTextFile } from "../read-text-file.ts";
import { backendUnit, type SlotId, type SlotJob, slotJobSchema } from "@oroboros/slot-contract";
import { backendInvocationFile, backendStartFile } from "@oroboros/slot-contract/host";
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

export async function backendState({ contract }: SystemdHost, slot: SlotId): Promise<BackendState> {
  const unit = await unitState(backendUnit(contract, slot));
  const [start, invocation] = await Promise.all([
    readTextFile(backendStartFile(contract, slot)),
    readTextFile(backendInvocationFile(contract, slot)),
  ]);
  // Whoever waits for a backend that ends again and again would take each next round for a start that works.
  const isSettled = unit.invocationId === invocation?.trim() || nowMs() - unit.activeSinceMs > SETTLED_MS;
  return { unit, isRunning: unit.isRunning && isSettled, job: jobIn(start) };
}

/** systemd's own clock, CLOCK_MONOTONIC. */
const nowMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

function jobIn(text: string | undefined): SlotJob | undefined {
  if (text === undefined) return undefined;
  const job = slotJobSchema.safeParse(JSON.parse(text));
  return job.success ? job.data : undefined;
}
