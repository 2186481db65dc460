import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { table } from "../table.ts";

const SHORT_SHA = 12;

export const runsList: RunCommand = async (context) => {
  const { input } = context;
  const api = await connectApi(context);
  const list = await api.listRuns({
    statuses: input.list("status"),
    limit: input.optionalText("limit"),
    offset: input.optionalText("offset"),
  });
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
