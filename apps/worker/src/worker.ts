import { openWorkerPresence, retireSlots } from "@oroboros/control-store";
import {
  cleanSlots,
  houseLimits,
  keepAuditing,
  keepGuarding,
  keepHouse,
  keepPackageCache,
  keepSpares,
  openContext,
  reconcileSlots,
  type Context,
  type HouseLimits,
} from "@oroboros/operations";
import { queueTransport, startRunWorker } from "@oroboros/run-queue";
import { systemClock } from "@oroboros/host";
import { lightFetch, type MainContext } from "@oroboros/service-kit";
import { slotIds } from "@oroboros/slot-contract";
import type { WorkerEnvironment } from "@oroboros/slot-contract/environments";
import { serveHealth } from "./health-server.ts";
import { publishJob } from "./jobs/publish.ts";
import { reconcile } from "./reconcile.ts";

/** How often the worker looks whether main asks for other packages; fetching them competes with what is published meanwhile. */
const PACKAGES_INTERVAL_MS = 30_000;
/** How often the worker looks whether every slot has its next database. */
const SPARES_INTERVAL_MS = 10_000;
/** How often evidence and packages are measured, which reads all of their directories. */
const HOUSE_INTERVAL_MS = 600_000;
/** How often the databases are compared with what was recorded of them. */
const AUDIT_INTERVAL_MS = 3_600_000;
/** How often slots are looked at for what they do to their neighbours: a reset that one of them blocks waits for no longer. */
const GUARD_INTERVAL_MS = 2_000;

/** Publishes runs as the queue wakes it, and keeps slots and leases in line, until the signal aborts. */
export async function startWorker(
  env: WorkerEnvironment,
  { log, signal, listen, notifier }: Omit<MainContext, "environment">,
): Promise<void> {
  const onError = (error: unknown): void => log.error({ err: error }, "a connection failed");
  // The port first: a second worker on it must fail before it takes a run away from the first.
  let isReady = false;
  const health = await serveHealth(listen, env.WORKER_HEALTH_PORT, () => isReady);
  const presence = await openWorkerPresence({ databaseUrl: env.DATABASE_URL, onError });
  const { workerId } = presence;
  const context = openContext(env, { fetch: lightFetch, clock: systemClock, log, workerId });
  await retireOthers(context);
  const jobs = startRunWorker(queueTransport(env), {
    // One more than can publish at once: while every slot is busy, somebody still looks after the one that is freed.
    concurrency: slotIds(context.contract).length + 1,
    onError,
    process: (job, jobSignal) => publishJob(context, job, AbortSignal.any([signal, jobSignal])),
    // Before the round, which may just be restoring a slot that nobody waits for.
    sweep: async () => {
      await cleanSlots(context);
      await reconcile(context, signal);
    },
  });
  await jobs.ready;
  isReady = true;
  log.info({ port: env.WORKER_HEALTH_PORT }, "the worker is ready");
  notifier.ready(`takes runs as ${workerId}`, () => health.isListening() || signal.aborted);
  const packages = keepPackageCache(context, { intervalMs: PACKAGES_INTERVAL_MS, signal });
  const audits = keepAuditing(context, { intervalMs: AUDIT_INTERVAL_MS, signal });
  const spares = keepSpares(context, { intervalMs: SPARES_INTERVAL_MS, signal });
  const guard = keepGuarding(context, { intervalMs: GUARD_INTERVAL_MS, signal });
  const house = keepHouseUntil(context, houseLimits(env), signal);
  await reconcileUntil(context, env.WORKER_POLL_INTERVAL_SECONDS * 1000, signal);
  await health.close();
  await jobs.close();
  await Promise.all([guard, packages, spares, house, audits]);
  await context.close();
  await presence.close();
}

/** An installation may be given fewer slots than it had. */
async function retireOthers({ contract, store, log }: Context): Promise<void> {
  const retired = await retireSlots(store, { keep: slotIds(contract) });
  if (retired.length > 0) log.info({ slots: retired }, "slots that are configured no more are granted to nobody");
}

async function reconcileUntil(context: Context, intervalMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await reconcile(context, signal, reconcileSlots);
    await context.clock.sleep(intervalMs, signal);
  }
}

async function keepHouseUntil(context: Context, limits: HouseLimits, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await keepHouse(context, limits);
    } catch (error) {
      context.log.warn({ err: error }, "evidence and packages could not be measured; the next round tries again");
    }
    await context.clock.sleep(HOUSE_INTERVAL_MS, signal);
  }
}
