import { deployRequestSchema, OperatorError, rollbackRequestSchema } from "@oroboros/slot-contract";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { parseBody } from "../parse-request.ts";
import { standingReleases } from "../standing-releases.ts";

/** The releases that stand on this host. Nothing deploys them yet, and asking for it says so. */
export function releaseRoutes(api: Api, context: ApiContext): void {
  const { store } = context;
  const viewer = authenticate(store, "viewer");
  const operator = authenticate(store, "operator");

  api.get("/api/releases", viewer, async (c) => c.json({ items: await standingReleases(context) }));

  api.get("/api/releases/:release_id", viewer, async (c) => {
    const id = c.req.param("release_id");
    const release = (await standingReleases(context)).find(({ release_id }) => release_id === id);
    if (release === undefined) throw releaseNotFound(id);
    return c.json(release);
  });

  api.post("/api/deploys", operator, async (c) => {
    const { commit_sha: commitSha } = await parseBody(c, deployRequestSchema);
    throw notSetUp(`Commit ${commitSha} is not deployed`);
  });

  api.post("/api/releases/:release_id/rollback", operator, async (c) => {
    await parseBody(c, rollbackRequestSchema);
    const id = c.req.param("release_id");
    const isThere = (await standingReleases(context)).some(({ release_id }) => release_id === id);
    if (!isThere) throw releaseNotFound(id);
    throw notSetUp(`Release ${id} is not rolled back to`);
  });
}

function releaseNotFound(id: string): OperatorError {
  return new OperatorError(
    "release_not_found",
    `There is no release ${JSON.stringify(id.slice(0, 80))} on this host.`,
    {
      hint: "List the releases with: GET /api/releases",
    },
  );
}

function notSetUp(what: string): OperatorError {
  return new OperatorError("not_set_up", `${what}: this installation can not deploy yet.`, {
    hint: "Nothing was enqueued. An approved run stays approved; merge its commit by hand until deploys are set up.",
  });
}
