import {
  type BackendCommand,
  backendLog,
  backendPort,
  type BackendReport,
  loopbackUrl,
  OperatorError,
  slotDatabase,
  type SlotJob,
} from "@oroboros/slot-contract";
import type { SlotPlace } from "./backend-job.ts";

/** Where a slot's backend says how it is. */
export const healthUrlOf = ({ contract, slot }: SlotPlace, { health }: Pick<SlotJob, "health">): string =>
  loopbackUrl(backendPort(contract, slot)) + health;

/** What a command that worked says. */
export function backendReport(
  { contract, slot }: SlotPlace,
  said: Readonly<{
    command: BackendCommand;
    already: boolean;
    /** Null where none runs. */
    running: { pid: number | null; worktreePath: string | null } | null;
    healthUrl: string;
  }>,
): BackendReport {
  return {
    ok: true,
    command: said.command,
    slot_id: slot,
    state: said.running === null ? "stopped" : "running",
    already: said.already,
    pid: said.running?.pid ?? null,
    port: backendPort(contract, slot),
    health_url: said.healthUrl,
    log_file: backendLog(contract, slot),
    worktree_path: said.running?.worktreePath ?? null,
    db_name: slotDatabase(slot),
  };
}

/** The report of a command that failed on what an operator can act on. */
export function failure(command: BackendCommand, slot: string, error: unknown): BackendReport {
  if (!(error instanceof OperatorError)) throw error;
  const { code, message, hint } = error;
  return { ok: false, command, slot_id: slot, reason: code, error: { code, message, hint } };
}

/** For a start that somebody else ended. */
export const endedMeanwhile = (slot: string): OperatorError =>
  new OperatorError("interrupted", `${slot} was emptied or the runtime was stopped before its backend had started.`, {
    hint: `Look whether a run still holds ${slot} with: oroboros slots list`,
  });
