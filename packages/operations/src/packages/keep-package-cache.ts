import type { CommitSha } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { headOfMain } from "../git/resolve-commit.ts";
import { ensurePackageCache } from "./ensure-package-cache.ts";

const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * Keeps the package cache at what main says, until the signal aborts. No publish waits for it and none fails by it: without a store
 * a slot fetches for itself. What fails is logged and tried again, ever more rarely.
 */
export async function keepPackageCache(
  context: Pick<Context, "packages" | "source" | "clock" | "log">,
  { intervalMs, signal }: { intervalMs: number; signal: AbortSignal },
): Promise<void> {
  let done: CommitSha | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const main = await headOfMain(context.source.repository);
      if (main !== undefined && main !== done) await ensureAndTell(context, main, signal);
      done = main;
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      context.log.warn({ err: error, failures }, "the packages of main were not fetched; slots fetch for themselves");
    }
    await context.clock.sleep(Math.min(intervalMs * 2 ** failures, LONGEST_WAIT_MS), signal);
  }
}

async function ensureAndTell(
  context: Pick<Context, "packages" | "source" | "log">,
  main: CommitSha,
  signal: AbortSignal,
): Promise<void> {
  const report = await ensurePackageCache(context, main, signal);
  if (report.kind === "ready" && !report.already) context.log.info({ main, ...report }, "packages of main fetched");
}
