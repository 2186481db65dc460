import { openAppendLog, type AppendLog } from "@oroboros/host";

const MAX_LOG_BYTES = 4 * 1024 * 1024;

/** The evidence of one step: JSON lines in an artifact of its own. */
export interface StepLog {
  write(fields: Record<string, unknown>): void;
  /** Resolves to the artifact's size in bytes once everything is on disk. */
  close(): Promise<number>;
}

export async function openStepLog(path: string, today: () => Date): Promise<StepLog> {
  const file: AppendLog = await openAppendLog(path, { maxBytes: MAX_LOG_BYTES });
  return {
    write: (fields) => file.write(`${JSON.stringify({ time: today().toISOString(), ...fields })}\n`),
    close: () => file.close(),
  };
}
