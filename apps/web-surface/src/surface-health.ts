import type { ServerResponse } from "node:http";
import { IDLE_SECONDS_HEADER, SURFACE_MARKER, surfaceHealthSchema, surfaceMarkerSchema } from "@oroboros/slot-contract";
import type { SurfaceSettings } from "./env.ts";
import { openBuild, openBuildFile } from "./open-build.ts";
import { sendText } from "./problem.ts";

/** Says which slot this is, null for web-main, and which commit's build it serves, null where nothing is published, and how long it was not used. */
export async function sendHealth(
  response: ServerResponse,
  settings: SurfaceSettings,
  idleSeconds: number | undefined,
): Promise<void> {
  if (idleSeconds !== undefined) response.setHeader(IDLE_SECONDS_HEADER, idleSeconds);
  const health = surfaceHealthSchema.parse({
    status: "ok",
    service: "web-surface",
    slot_id: settings.slot,
    commit_sha: await readCommit(settings.root),
  });
  sendText(response, 200, "application/json", JSON.stringify(health));
}

async function readCommit(root: string): Promise<string | null> {
  await using build = await openBuild(root);
  await using marker = build && (await openBuildFile(build, SURFACE_MARKER));
  if (marker === undefined) return null;
  return surfaceMarkerSchema.parse(JSON.parse(await marker.readFile("utf8"))).commit_sha;
}
