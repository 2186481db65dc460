import { createRunRequestSchema } from "@oroboros/slot-contract";
import { optionalSeconds, WAIT_OPTION } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { parseOptions } from "../parse-options.ts";
import { describe } from "../table.ts";
import { awaitPreview } from "../await-preview.ts";

export const runsCreate: RunCommand = async (context) => {
  const { input } = context;
  const request = parseOptions("runs create", createRunRequestSchema, {
    title: input.text("title"),
    prompt: input.optionalText("prompt"),
    branch: input.optionalText("branch"),
    commit_sha: input.optionalText("commit"),
    route: input.optionalText("route"),
    page_title: input.optionalText("pageTitle"),
    element_hint: input.optionalText("elementHint"),
    note: input.optionalText("note"),
  });
  const deadlineSeconds = optionalSeconds(input, WAIT_OPTION);
  const api = await connectApi(context);
  const created = await api.createRun(request);
  if (!input.flag("wait") || deadlineSeconds === undefined)
    return { ok: true, fields: created, text: describe(created) };
  context.progress(`Run ${created.run_id} is ${created.status}.`);
  return awaitPreview({
    api,
    runId: created.run_id,
    deadlineSeconds,
    clock: context.world.clock,
    progress: context.progress,
  });
};
