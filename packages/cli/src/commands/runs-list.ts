import { listRunsQuerySchema } from "@oroboros/slot-contract";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { parseOptions } from "../parse-options.ts";
import { table } from "../table.ts";

const SHORT_SHA = 12;

export const runsList: RunCommand = async (context) => {
  const { input } = context;
  const statuses = input.list("status");
  const query = parseOptions("runs list", listRunsQuerySchema, {
    ...(statuses.length === 0 ? {} : { status: statuses }),
    route: input.optionalText("route"),
    limit: input.optionalText("limit"),
    offset: input.optionalText("offset"),
  });
  const list = await (await connectApi(context)).listRuns(query);
  const rows = list.items.map((run) => [
    run.run_id,
    run.status,
    run.slot_id ?? (run.queue_position === null ? null : `queue ${run.queue_position}`),
    run.branch,
    run.commit_sha?.slice(0, SHORT_SHA),
    run.title,
  ]);
  const text =
    list.total === 0 ? "There are no such runs." : table(["run", "status", "slot", "branch", "commit", "title"], rows);
  return { ok: true, fields: list, text };
};
