import type { ArtifactType, RunId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** Notes that an artifact is there; a later recording of the same file replaces its size. */
export async function recordArtifact(
  store: Store,
  artifact: { runId: RunId; artifactType: ArtifactType; uri: string; sizeBytes: number; attempt: number },
): Promise<void> {
  await store
    .insertInto("run_artifacts")
    .values({
      run_id: artifact.runId,
      artifact_type: artifact.artifactType,
      uri: artifact.uri,
      size_bytes: artifact.sizeBytes,
      attempt: artifact.attempt,
    })
    .onConflict((conflict) => conflict.column("uri").doUpdateSet({ size_bytes: artifact.sizeBytes }))
    .execute();
}
