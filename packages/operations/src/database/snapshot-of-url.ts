import type { Actor } from "@oroboros/control-store";
import {
  createSnapshotOfDump,
  holdSnapshot,
  inspectForeign,
  parseForeignUrl,
  tryDump,
  type ForeignDatabase,
  type ForeignFacts,
  type SqlFile,
} from "@oroboros/db-safety";
import { contentHash } from "@oroboros/host";
import { OperatorError, snapshotWork } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { dumpDatabase, privateDirectory, restoreDump } from "./snapshot-dump.ts";
import { planned } from "./planned.ts";
import { keepSnapshot } from "./snapshot-keep.ts";
import { planVersion } from "./snapshot-plan.ts";
import { requireVersion, type SnapshotCreated, type SnapshotPlan } from "./snapshot-report.ts";
import { findPgTools, type PgTools } from "./snapshot-tools.ts";

interface Request {
  url: string;
  password: string;
  /** The script that masks what is in it, by its name. */
  mask: SqlFile | undefined;
  version: string;
  actor: Actor;
  dryRun: boolean;
  /** Where PostgreSQL's client programs may be. */
  toolDirectories: readonly string[];
}

const GIGABYTE = 1024 ** 3;

/**
 * Takes a snapshot of another database than a slot's, which is taken to be production's: it is only read, and nothing that was in it is
 * in the snapshot unless the masking script has left it there.
 *
 * @throws OperatorError `mask_required`, `mask_failed`, `snapshot_refused` for a database of the runtime, `snapshot_exists`,
 *   `snapshot_in_use`, `snapshot_failed`, `pg_tools_missing`, `pg_tools_too_old`, `disk_full`, `unreachable`, the codes of an unreadable
 *   URL.
 */
export async function snapshotUrl(context: Context, request: Request): Promise<SnapshotCreated | SnapshotPlan> {
  const { version, actor, password } = request;
  requireVersion(version);
  const source = { ...parseForeignUrl(request.url), password };
  const mask = requireMask(request.mask, source);
  const facts = await inspectForeign(context.server, source);
  const tools = await findPgTools(request.toolDirectories, facts.serverMajor);
  const name = `${source.host}:${source.port}/${source.database}`;
  if (request.dryRun) {
    const steps = [
      `dump ${name} with pg_dump ${tools.major}, in a read-only transaction`,
      `run ${mask.name} on a copy`,
    ];
    const plan = [...(await planVersion(context, version)), ...steps, `seal the masked copy as snapshot ${version}`];
    return { dry_run: true, snapshot_version: version, source: name, ...planned([], plan) };
  }
  const { server, slotPasswordKey } = context;
  await using holder = await holdSnapshot(server, version, { alone: true });
  const dumped = { server, slotPasswordKey, holder, version, mask, signal: context.signal };
  const restore = async (id: string) => dumpAndRestore(context, { id, source, facts, tools });
  return await keepSnapshot(context, {
    holder,
    actor,
    snapshot: { version, sourceKind: "url", source: name, maskedBy: contentHash(mask.sql) },
    make: async (id) => createSnapshotOfDump({ ...dumped, id, restore: await restore(id) }),
    wouldHold: async (id) => (await tryDump({ ...dumped, id, restore: await restore(id) })).contentFingerprint,
  });
}

function requireMask(mask: SqlFile | undefined, { database }: ForeignDatabase): SqlFile {
  if (mask !== undefined && mask.sql.trim() !== "") return mask;
  const problem = mask === undefined ? "without a masking script" : `with ${mask.name}, which is empty`;
  throw new OperatorError(
    "mask_required",
    `Database ${database} may hold people's data: no snapshot is made ${problem}.`,
    {
      hint: "Name a file of SQL that replaces all of it, such as: --mask mask.sql. It runs in one transaction before anybody sees the copy.",
    },
  );
}

type Work = { id: string; source: ForeignDatabase & { password: string }; facts: ForeignFacts; tools: PgTools };

/** What the dump needs is looked for before anything is made of it. */
async function dumpAndRestore(context: Context, { id, source, facts, tools }: Work) {
  await requireSpace(context, facts, source);
  return async (target: Parameters<typeof restoreDump>[0]): Promise<void> => {
    const directory = snapshotWork(context.contract, id);
    await using _removed = await privateDirectory(directory);
    context.log.info({ database: source.database }, "the database is dumped; it is only read");
    await dumpDatabase(source, facts, { tools, directory });
    await restoreDump(target, { tools, directory });
  };
}

/** The dump, the copy, and what the server writes besides while it is made. */
async function requireSpace(
  { server }: Context,
  { sizeBytes }: ForeignFacts,
  { database }: ForeignDatabase,
): Promise<void> {
  const free = await server.freeBytes?.();
  const needed = GIGABYTE + 3 * sizeBytes;
  if (free === undefined || free >= needed) return;
  const inGigabytes = (bytes: number): string => `${(bytes / GIGABYTE).toFixed(1)} GB`;
  throw new OperatorError(
    "disk_full",
    `A masked copy of ${database} needs ${inGigabytes(needed)} of the disk, of which ${inGigabytes(free)} are free.`,
    {
      hint: "Nothing was changed. Make room on the disk of PostgreSQL's data directory, and see what is large with: df -h",
    },
  );
}
