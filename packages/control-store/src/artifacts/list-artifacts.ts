import type { ArtifactType, RunId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

export interface StoredArtifact {
  artifactType: ArtifactType;
  uri: string;
  sizeBytes: number;
  attempt: number;
  createdAt: Date;
}

/** A run's artifacts in the order they were recorded. */
export async function listArtifacts(store: Store, runId: RunId): Promise<StoredArtifact[]> {
  const rows = await store
    .selectFrom("run_artifacts")
    .select(["artifact_type as artifactType", "uri", "size_bytes as sizeBytes", "attempt", "created_at as createdAt"])
    .where("run_id", "=", runId)
    .orderBy("created_at")
    .execute();
  return rows.map((row) => ({ ...row, sizeBytes: Number(row.sizeBytes) }));
}
