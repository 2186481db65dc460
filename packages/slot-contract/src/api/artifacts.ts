import * as z from "zod";
import { ARTIFACT_TYPES } from "../publish-step.ts";

export const artifactViewSchema = z.strictObject({
  artifact_type: z.enum(ARTIFACT_TYPES),
  /** `artifact:<run_id>/<file>`; content at `GET /api/runs/{id}/artifacts/content?uri=`. */
  uri: z.string(),
  /** Which of the run's publishes left it. */
  attempt: z.int().positive(),
  size_bytes: z.int(),
  created_at: z.iso.datetime(),
});
export type ArtifactView = z.infer<typeof artifactViewSchema>;

const URI = /^artifact:([0-9a-f-]{36})\/([a-z0-9][a-z0-9_.-]{0,120})$/;

export const artifactUri = (runId: string, file: string): string => `artifact:${runId}/${file}`;

/** The run and file an artifact uri names; undefined for anything that is not one. */
export function parseArtifactUri(uri: string): { runId: string; file: string } | undefined {
  const [, runId, file] = URI.exec(uri) ?? [];
  return runId === undefined || file === undefined || file.includes("..") ? undefined : { runId, file };
}

/** Answer of `GET /api/runs/{id}/artifacts`. */
export const artifactListSchema = z.strictObject({ items: z.array(artifactViewSchema) });
export const artifactQuerySchema = z.object({ uri: z.string() });
