import { findSpares, templateHash, type TemplateSource } from "@oroboros/db-safety";
import { OperatorError, slotIds, type CommitSha } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readBaseTemplate } from "../git/base-template.ts";
import { headOfMain } from "../git/resolve-commit.ts";
import { warmSpare } from "./warm-spare.ts";

/** How long main's own mistake is not tried again. */
const GIVE_UP_MS = 300_000;

/**
 * Sees to it, until the signal aborts, that every slot has its next database ready: whatever took the last one, and also when main
 * has another migration or seed.
 */
export async function keepSpares(
  context: Context,
  { intervalMs, signal }: { intervalMs: number; signal: AbortSignal },
): Promise<void> {
  const round = spareRounds(context, signal);
  while (!signal.aborted) {
    await round().catch((error: unknown) => {
      if (!signal.aborted) context.log.warn({ err: error }, "the slots' next databases could not be looked at");
    });
    await context.clock.sleep(intervalMs, signal);
  }
}

/** One round. What main starts from is only read again when main has moved. */
export function spareRounds(context: Context, signal: AbortSignal): () => Promise<void> {
  const { server, source, clock, contract } = context;
  let known: { main: CommitSha; base: TemplateSource | undefined } | undefined;
  const failed = new Map<string, number>();
  return async () => {
    const main = await headOfMain(source.repository);
    if (main === undefined) return;
    if (known?.main !== main) known = { main, base: await baseOf(context) };
    const { base } = known;
    if (base === undefined) return;
    const hash = templateHash(base);
    for (const { slot, templateHash: found } of await findSpares(server, slotIds(contract))) {
      const attempt = `${slot} ${hash}`;
      const wait = GIVE_UP_MS - (clock.now() - (failed.get(attempt) ?? -Infinity));
      if (found === hash || wait > 0 || signal.aborted) continue;
      if (await warmSpare(context, slot, base, signal)) failed.delete(attempt);
      else failed.set(attempt, clock.now());
    }
  };
}

/** Undefined where main can not be a base as it stands, which the next publish will say. */
async function baseOf({ source, log }: Context): Promise<TemplateSource | undefined> {
  try {
    return await readBaseTemplate(source, "latest");
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    log.info({ code: error.code }, "main is no base for databases; none is prepared");
    return undefined;
  }
}
