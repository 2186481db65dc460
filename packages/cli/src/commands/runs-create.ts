import { createRunRequestSchema, type CreateRunRequest, type RunView } from "@oroboros/slot-contract";
import type { ApiClient } from "../api-client.ts";
import { askPatiently } from "../ask-patiently.ts";
import { optionalSeconds, WAIT_OPTION } from "../command-input.ts";
import type { CommandContext, RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { parseOptions } from "../parse-options.ts";
import { describe } from "../table.ts";
import { awaitPreview } from "../await-preview.ts";
import { unlessInterrupted } from "../unless-interrupted.ts";

/** Who does not wait for the preview is told soon that there is no api; one that starts again is back by then. */
const BRIEF_PATIENCE_MS = 5_000;

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
  const created = await createOnce(context, api, request);
  if (!input.flag("wait") || deadlineSeconds === undefined)
    return { ok: true, fields: created, text: describe(created) };
  context.progress(`Run ${created.run_id} is ${created.status}.`, "everybody");
  const { progress, world } = context;
  const { run_id: runId } = created;
  return unlessInterrupted(world, runId, () =>
    awaitPreview({ api, runId, deadlineSeconds, clock: world.clock, progress }),
  );
};

/** An api that goes away after it made the run, and before it says so, is asked again for that run and not for another. */
function createOnce({ input, world }: CommandContext, api: ApiClient, request: CreateRunRequest): Promise<RunView> {
  const key = globalThis.crypto.randomUUID();
  const patienceMs = input.flag("wait") ? undefined : BRIEF_PATIENCE_MS;
  return askPatiently(world.clock, () => api.createRun(request, key), patienceMs);
}
