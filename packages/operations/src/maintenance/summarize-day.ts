import { listResets, readCoreMetrics } from "@oroboros/control-store";
import { freeBytes } from "@oroboros/host";
import {
  artifactsPath,
  isHealthy,
  logsPath,
  releasesPath,
  type CoreMetrics,
  type HealthReport,
} from "@oroboros/slot-contract";
import { POSTGRES_CLUSTERS } from "@oroboros/slot-contract/host";
import type { Context } from "../context.ts";
import { auditDatabases, type DatabaseAudit } from "../database/audit-databases.ts";

const DAY_HOURS = 24;
const DAY_MS = DAY_HOURS * 3_600_000;
const AUDIT_LIMIT_MS = 600_000;
/** More resets than that in one day are counted as so many. */
const MOST_RESETS = 1_000;

export interface DailySummary {
  /** UTC. */
  date: string;
  made_at: string;
  /** Everything could be looked at, and nothing was wrong. */
  healthy: boolean;
  health: HealthReport | null;
  /** Of the last 24 hours. */
  runs: CoreMetrics | null;
  resets: Record<string, number> | null;
  /** Contents too: the hourly audits leave them out. */
  audit: Pick<DatabaseAudit, "slots" | "databases" | "findings"> | null;
  /** What an ordinary user may still write. */
  disk: { path: string; free_bytes: number }[];
  /** What could not be looked at, and why. */
  unknown: { what: string; why: string }[];
}

/** How the installation does, from everything that can still be asked: a part that does not answer is named, and keeps no other one away. */
export async function summarizeDay(context: Context, checkHealth: () => Promise<HealthReport>): Promise<DailySummary> {
  const now = context.clock.today();
  const unknown: DailySummary["unknown"] = [];
  const look = async <T>(what: string, at: () => Promise<T>): Promise<T | null> => {
    try {
      return await at();
    } catch (error) {
      unknown.push({ what, why: error instanceof Error ? error.message : String(error) });
      return null;
    }
  };
  const [health, runs, resets, audit] = await Promise.all([
    look("health", checkHealth),
    look("runs", () => readCoreMetrics(context.store, DAY_HOURS)),
    look("resets", () => countResets(context, now)),
    look("audit", () => auditDatabases(context, { deep: true, signal: AbortSignal.timeout(AUDIT_LIMIT_MS) })),
  ]);
  return {
    date: now.toISOString().slice(0, 10),
    made_at: now.toISOString(),
    healthy: unknown.length === 0 && health !== null && isHealthy(health.services) && audit?.ok === true,
    health,
    runs,
    resets,
    audit: audit && { slots: audit.slots, databases: audit.databases, findings: audit.findings },
    disk: await diskOf(context),
    unknown,
  };
}

async function countResets({ store }: Context, now: Date): Promise<Record<string, number>> {
  const { items } = await listResets(store, { limit: MOST_RESETS, offset: 0 });
  const recent = items.filter(({ createdAt }) => now.getTime() - createdAt.getTime() < DAY_MS);
  return Object.fromEntries(
    Object.entries(Object.groupBy(recent, ({ resetStatus }) => resetStatus)).map(([status, resets]) => [
      status,
      resets.length,
    ]),
  );
}

async function diskOf({ contract }: Context): Promise<DailySummary["disk"]> {
  const paths = [releasesPath(contract), artifactsPath(contract), logsPath(contract), POSTGRES_CLUSTERS];
  const free = await Promise.all(paths.map(async (path) => ({ path, free_bytes: await freeBytes(path) })));
  return free.flatMap(({ path, free_bytes: bytes }) => (bytes === undefined ? [] : [{ path, free_bytes: bytes }]));
}
