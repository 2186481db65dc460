import type { SnapshotSource } from "../template-source.ts";

/** The comment on a snapshot that is complete. */
export function snapshotMarker({ version, contentFingerprint }: Omit<SnapshotSource, "id">): string {
  return `oroboros:snapshot=${version}:content=${contentFingerprint}`;
}
