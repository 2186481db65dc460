import { createRunRequestSchema, OperatorError } from "@oroboros/slot-contract";
import { optionalSeconds } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe } from "../table.ts";
import { awaitPreview } from "../await-preview.ts";

const MAX_WAIT_SECONDS = 86_400;

export const runsCreate: RunCommand = async (context) => {
  const { input } = context;
  const request = createRunRequestSchema.safeParse({
    title: input.text("title"),
    prompt: input.optionalText("prompt"),
    branch: input.optionalText("branch"),
    commit_sha: input.optionalText("commit"),
    route: input.optionalText("route"),
    page_title: input.optionalText("pageTitle"),
    element_hint: input.optionalText("elementHint"),
    note: input.optionalText("note"),
  });
  if (!request.success) {
    const problems = request.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new OperatorError("invalid_request", `The run can not be created: ${problems.join("; ")}.`, {
      hint: "See: oroboros runs create --help",
    });
  }
  const deadlineSeconds = optionalSeconds(input, "waitSeconds", MAX_WAIT_SECONDS);
  const api = await connectApi(context);
  const created = await api.createRun(request.data);
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
