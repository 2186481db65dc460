import { recordArtifact } from "@oroboros/control-store";
import { makeDirectory, writeFileAtomic } from "@oroboros/host";
import {
  artifactsPath,
  artifactUri,
  DIFF_REPORT,
  type CommitSha,
  type RunDiff,
  type RunId,
} from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readDiff } from "../git/read-diff.ts";

/**
 * Leaves what a publish's commit changes, for whoever reviews it. One that can not be made fails no publish. It is the same whoever
 * works on the publish, and is replaced as a whole.
 */
export async function recordDiff(
  context: Pick<Context, "contract" | "store" | "source" | "log">,
  { runId, attempt }: { runId: RunId; attempt: number },
  commitSha: CommitSha,
): Promise<void> {
  const { contract, store, source, log } = context;
  const directory = `${artifactsPath(contract)}/${runId}`;
  const file = attempt === 1 ? `${DIFF_REPORT}.json` : `${DIFF_REPORT}-${attempt}.json`;
  try {
    const report: RunDiff = { run_id: runId, ...(await readDiff(source.repository, commitSha)) };
    const text = JSON.stringify(report);
    makeDirectory(directory, { mode: 0o755 });
    await writeFileAtomic(`${directory}/${file}`, text);
    const sizeBytes = new TextEncoder().encode(text).byteLength;
    await recordArtifact(store, {
      runId,
      artifactType: DIFF_REPORT,
      uri: artifactUri(runId, file),
      sizeBytes,
      attempt,
    });
  } catch (error) {
    log.warn({ err: error, run_id: runId, commit_sha: commitSha }, "the commit's changes could not be recorded");
  }
}
