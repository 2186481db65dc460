import type { RunState } from "@oroboros/slot-contract";
import { sql, type ExpressionBuilder } from "kysely";
import type { ControlSchema, Store } from "../schema.ts";
import { selectRuns, type Run } from "./run.ts";

/** A page of runs, newest first, and how many there are in all. */
export async function listRuns(
  store: Store,
  page: { statuses?: readonly RunState[] | undefined; route?: string | undefined; limit: number; offset: number },
): Promise<{ items: Run[]; total: number }> {
  const { statuses, route } = page;
  let rows = selectRuns(store, sql`queue.place`)
    .leftJoin(placesInQueue, (join) => join.onRef("queue.queued_run_id", "=", "runs.run_id"))
    .orderBy("arrival", "desc")
    .limit(page.limit)
    .offset(page.offset);
  let count = store.selectFrom("runs").select((eb) => eb.fn.countAll<string>().as("total"));
  if (statuses !== undefined) {
    rows = rows.where("status", "in", statuses);
    count = count.where("status", "in", statuses);
  }
  if (route !== undefined) {
    rows = rows.where("route", "=", route);
    count = count.where("route", "=", route);
  }
  const [items, { total }] = await Promise.all([rows.execute(), count.executeTakeFirstOrThrow()]);
  return { items, total: Number(total) };
}

/** The whole queue is numbered once, however many of its runs are on the page. */
const placesInQueue = (from: ExpressionBuilder<ControlSchema, "runs">) =>
  from
    .selectFrom("runs as queued")
    .where("queued.status", "=", "queued")
    .select([
      "queued.run_id as queued_run_id",
      sql<number>`(row_number() over (order by queued.arrival))::int`.as("place"),
    ])
    .as("queue");
