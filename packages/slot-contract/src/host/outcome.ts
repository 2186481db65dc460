import * as z from "zod";

/** How a unit's process ended, by the variables that systemd gives to `ExecStopPost=` (systemd.exec(5)). */
export const unitOutcomeSchema = z.strictObject({
  unit: z.string(),
  /** `INVOCATION_ID`: of this start and no other. */
  invocation_id: z.string(),
  /** `SERVICE_RESULT`, such as success, exit-code, signal, timeout, oom-kill, start-limit-hit. */
  result: z.string(),
  /** `EXIT_CODE`: exited, killed or dumped; empty where no process was started. */
  exit_code: z.string(),
  /** `EXIT_STATUS`: a number, or a signal's name; empty where no process was started. */
  exit_status: z.string(),
});
export type UnitOutcome = z.output<typeof unitOutcomeSchema>;
