import { LAST_MIGRATION } from "@oroboros/control-store";
import { contentHash } from "@oroboros/host";
import {
  releaseManifestSchema,
  type CommitSha,
  type ReleaseManifest,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { contractText } from "../render/render-infra.ts";

export interface ReleaseFacts {
  contract: RuntimeContract;
  commit: CommitSha;
  tree: CommitSha;
  builtAt: Date;
  files: Record<string, string>;
}

/** What `release.json` says. A first release replaces none, so nothing is incompatible with it. */
export function releaseManifest({ contract, commit, tree, builtAt, files }: ReleaseFacts): ReleaseManifest {
  return releaseManifestSchema.parse({
    release_id: commit,
    commit_sha: commit,
    tree_sha: tree,
    built_at: builtAt.toISOString(),
    contract_hash: contentHash(contractText(contract)),
    migrations: { last: LAST_MIGRATION, incompatible: false },
    files,
  });
}
