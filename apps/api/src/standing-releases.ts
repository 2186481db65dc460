import { readReleases, type StandingRelease } from "@oroboros/host/read-only";
import {
  currentPath,
  OperatorError,
  parseReleaseManifest,
  releasesPath,
  type ReleaseView,
} from "@oroboros/slot-contract";
import type { ApiContext } from "./api-context.ts";

/** The releases on this host, newest first. Which one was there before, only a deploy will know. */
export async function standingReleases(context: Pick<ApiContext, "contract" | "log">): Promise<ReleaseView[]> {
  const { contract } = context;
  const found = await readReleases({ releases: releasesPath(contract), current: currentPath(contract) });
  return found
    .flatMap((release) => view(context, release))
    .toSorted((one, other) => other.built_at.localeCompare(one.built_at));
}

function view({ log }: Pick<ApiContext, "log">, { name, manifest, isCurrent }: StandingRelease): ReleaseView[] {
  try {
    const { release_id, commit_sha, tree_sha, built_at } = parseReleaseManifest(manifest);
    const state = isCurrent ? "current" : "built";
    return [{ release_id, commit_sha, tree_sha, state, built_at, deployed_at: null }];
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    log.warn({ err: error, release_id: name }, "a release's manifest can not be read; it is not listed");
    return [];
  }
}
