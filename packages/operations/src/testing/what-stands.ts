import { readlinkSync, statSync } from "node:fs";
import { findLease, findRun, listAttempts } from "@oroboros/control-store";
import { backendPort, frontendPort, loopbackUrl, surfaceLink, worktreeLink, type RunId } from "@oroboros/slot-contract";
import { queryRows } from "@oroboros/test-support";
import type { TestWorld } from "./a-world.ts";

const DATABASES = `select datname, oid from pg_database
  where datname in ('app_preview_1', 'kept_1', 'retired_1') order by 1`;

/** What a slot shows and what is written down about its run: everything that a publish changes. */
export interface Standing {
  surface: string;
  surfaceChanged: bigint;
  worktree: string;
  page: string;
  backend: unknown;
  databases: unknown[];
  run: unknown;
  attempts: unknown;
  lease: unknown;
}

export async function whatStands({ contract, slot, context, env }: TestWorld, runId: RunId): Promise<Standing> {
  const { store } = context;
  const link = surfaceLink(contract, slot);
  const { leaseEpoch, leaseState } = await findLease(store, slot);
  const [databases = []] = await queryRows(env.DATABASE_URL, DATABASES);
  return {
    surface: readlinkSync(link),
    // An inode is used again at once; the time of its last change tells it from the one before.
    surfaceChanged: statSync(`${link}/`, { bigint: true }).ctimeNs,
    worktree: readlinkSync(worktreeLink(contract, slot)),
    page: await (await fetch(`${loopbackUrl(frontendPort(contract, slot))}/`)).text(),
    backend: await (await fetch(`${loopbackUrl(backendPort(contract, slot))}/health`)).json(),
    databases,
    run: await findRun(store, runId),
    attempts: await listAttempts(store, runId),
    lease: { leaseEpoch, leaseState },
  };
}
