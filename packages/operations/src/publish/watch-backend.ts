import { plainText } from "@oroboros/host";
import { OperatorError, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

const LOOK_INTERVAL_MS = 100;
const LOG_LINES = 20;

/**
 * Aborts what waits for a slot's backend once that has exited: before its first healthy answer nobody starts it again, so it would
 * only use up its deadline.
 */
export function watchBackend(
  context: Context,
  slot: SlotId,
  parent: AbortSignal,
): { signal: AbortSignal; stop(): void } {
  const ended = new AbortController();
  const stopped = new AbortController();
  const watching = AbortSignal.any([parent, stopped.signal]);
  void lookUntilEnded().catch((error: unknown) => ended.abort(error));
  return { signal: AbortSignal.any([parent, ended.signal]), stop: () => stopped.abort() };

  async function lookUntilEnded(): Promise<void> {
    while (!watching.aborted) {
      const report = await context.processes.backend(slot, "status");
      if (report.ok && report.state === "stopped") return ended.abort(await exitedError(context, slot));
      await context.clock.sleep(LOOK_INTERVAL_MS, watching);
    }
  }
}

async function exitedError(context: Context, slot: SlotId): Promise<OperatorError> {
  const lines = await context.processes.backendLogTail(slot, LOG_LINES);
  const message = [`The backend of ${slot} exited before it was ready.`, ...lines.map(plainText)].join("\n");
  return new OperatorError("backend_not_started", message, {
    hint: "Correct what the backend's last lines say on the branch, commit, and publish the new commit.",
  });
}
