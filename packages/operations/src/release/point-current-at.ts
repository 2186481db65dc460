import { linkTarget, swapSymlink } from "@oroboros/host";
import { currentPath, type CommitSha, type RuntimeContract } from "@oroboros/slot-contract";
import { releasePath } from "./stage-host-release.ts";

/** Makes a release the one that services are started from, by one rename. False where it is so already. */
export async function pointCurrentAt(contract: RuntimeContract, release: CommitSha): Promise<boolean> {
  const [target, link] = [releasePath(contract, release), currentPath(contract)];
  if ((await linkTarget(link)) === target) return false;
  await swapSymlink({ target, link });
  return true;
}
