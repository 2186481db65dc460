import { Client } from "pg";
import { LARGE, MIDDLE, SMALL } from "./db-reset-data.ts";
import { measureSize, type Measured } from "./db-reset-measure.ts";
import { moveIn } from "./db-reset-neighbour.ts";
import { startDurablePostgres } from "./db-reset-server.ts";
import { provisionBenchSlot } from "./db-reset-slot.ts";
import { reportResets } from "./db-reset-report.ts";
import type { Bench } from "./result.ts";

const FULL = [
  { size: SMALL, rounds: { warm: 20, cold: 5, clones: 5, restores: 3, besideNeighbour: 20 } },
  { size: MIDDLE, rounds: { warm: 20, cold: 5, clones: 5, restores: 3, besideNeighbour: 20 } },
  { size: LARGE, rounds: { warm: 10, cold: 3, clones: 3, restores: 1, besideNeighbour: 20 } },
];
const QUICK = [
  { size: SMALL, rounds: { warm: 6, cold: 1, clones: 1, restores: 1, besideNeighbour: 0 } },
  { size: MIDDLE, rounds: { warm: 6, cold: 1, clones: 1, restores: 1, besideNeighbour: 6 } },
];
/** From then on nothing is done twice, so that all of it ends within 45 s. */
const QUICK_MS = 28_000;

/**
 * The reset of a slot's database, with its lease, its login and its record, against the renames alone and against every other way back
 * to a template: on a PostgreSQL that flushes each commit, for databases of three sizes.
 */
export const benchDbReset: Bench = async ({ quick, say }) => {
  const startedAt = performance.now();
  await using scope = new AsyncDisposableStack();
  const server = scope.use(await startDurablePostgres(say));
  const superuser = new Client({ connectionString: server.superuserUrl() });
  await superuser.connect();
  scope.defer(() => superuser.end());
  const slot = scope.use(await provisionBenchSlot(server));
  const neighbour = await moveIn(server, superuser);
  const isLate = (): boolean => quick && performance.now() - startedAt > QUICK_MS;
  const arena = { server, superuser, slot, neighbour, say, isLate };
  const measured: Measured[] = [];
  for (const { size, rounds } of quick ? QUICK : FULL) measured.push(await measureSize(arena, size, rounds));
  return reportResets(measured, FULL);
};
