import { appendEvent, recordArtifact, type Store } from "@oroboros/control-store";
import type { ArtifactType } from "@oroboros/slot-contract";
import type { PublishTask } from "./publish-task.ts";

/** What is noted of a step that has ended. */
export interface StepRecord {
  eventType: "step_finished" | "step_failed";
  artifactType: ArtifactType;
  uri: string;
  sizeBytes: number;
  detail: Record<string, unknown>;
}

export async function recordStep(store: Store, { lease, attempt }: PublishTask, record: StepRecord): Promise<void> {
  const { runId } = lease;
  const { eventType, artifactType, uri, sizeBytes, detail } = record;
  await recordArtifact(store, { runId, artifactType, uri, sizeBytes, attempt });
  await appendEvent(store, { runId, eventType, detail });
}
