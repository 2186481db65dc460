import type { Context } from "../context.ts";
import { auditDatabases } from "./audit-databases.ts";

/** Audits the databases now and then, until the signal. One that can not be carried out is reported, and the next one tries again. */
export async function keepAuditing(
  context: Context,
  { intervalMs, signal }: { intervalMs: number; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await auditDatabases(context, { deep: false, signal });
    } catch (error) {
      context.log.warn({ err: error }, "the databases could not be audited; the next round tries again");
    }
    await context.clock.sleep(intervalMs, signal);
  }
}
