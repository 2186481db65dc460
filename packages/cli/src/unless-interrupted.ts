import { OperatorError, type RunId } from "@oroboros/slot-contract";
import type { CommandOutcome } from "./command.ts";
import type { World } from "./world.ts";

/** What waiting for a run, or following it, comes to; where it is interrupted, how to go on with what the run does all the same. */
export async function unlessInterrupted(
  world: Pick<World, "onInterrupt">,
  runId: RunId,
  work: () => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  const interrupted = Promise.withResolvers<CommandOutcome>();
  const error = new OperatorError("interrupted", `The command was ended; run ${runId} goes on without it.`, {
    hint: `Look with: oroboros runs show ${runId}, or go on with: oroboros runs events ${runId} --follow`,
  });
  const forget = world.onInterrupt(() => interrupted.resolve({ ok: false, fields: { run_id: runId }, error }));
  try {
    // What is left of the work ends with the process.
    return await Promise.race([work(), interrupted.promise]);
  } finally {
    forget();
  }
}
