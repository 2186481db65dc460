import { findRun, listArtifacts, listEvents } from "@oroboros/control-store";
import { readArtifact } from "@oroboros/host/read-only";
import {
  artifactQuerySchema,
  artifactsPath,
  listEventsQuerySchema,
  OperatorError,
  parseArtifactUri,
  type RunId,
} from "@oroboros/slot-contract";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { parseQuery, runIdParameter, runNotFound } from "../parse-request.ts";
import { artifactView, eventView } from "../run-view.ts";
import { eventStreamRoute } from "./event-stream.ts";

export function evidenceRoutes(api: Api, context: ApiContext): void {
  const { contract, store } = context;
  const viewer = authenticate(store, "viewer");

  api.get("/api/runs/:id/events", viewer, async (c) => {
    const runId = runIdParameter(c);
    const { limit, order, since_id: sinceId } = parseQuery(c, listEventsQuerySchema);
    await requireRun(runId);
    return c.json({ items: (await listEvents(store, { runId, sinceId, limit, order })).map(eventView) });
  });

  eventStreamRoute(api, context);

  api.get("/api/events/schema", viewer, async (c) => {
    const { jsonSchemaOfEvent } = await import("@oroboros/slot-contract/openapi");
    return c.json(jsonSchemaOfEvent());
  });

  api.get("/api/runs/:id/artifacts", viewer, async (c) => {
    const runId = runIdParameter(c);
    await requireRun(runId);
    return c.json({ items: (await listArtifacts(store, runId)).map(artifactView) });
  });

  api.get("/api/runs/:id/artifacts/content", viewer, async (c) => {
    const runId = runIdParameter(c);
    const { uri } = parseQuery(c, artifactQuerySchema);
    const named = parseArtifactUri(uri);
    const recorded = (await listArtifacts(store, runId)).some((artifact) => artifact.uri === uri);
    if (named === undefined || named.runId !== runId || !recorded) throw artifactNotFound(uri);
    const content = await readArtifact({ root: `${artifactsPath(contract)}/${runId}`, file: named.file });
    return c.body(new Uint8Array(content), 200, {
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
    });
  });

  async function requireRun(runId: RunId): Promise<void> {
    if ((await findRun(store, runId)) === undefined) throw runNotFound(runId);
  }
}

function artifactNotFound(uri: string): OperatorError {
  return new OperatorError("artifact_not_found", `This run has no artifact ${JSON.stringify(uri.slice(0, 160))}.`, {
    hint: "List them with: oroboros runs show <run_id> --json",
  });
}
