import { makeDirectory, stageFile, stageTree, swapSymlink } from "@oroboros/host";
import { currentPath, releasesPath, type RuntimeContract } from "@oroboros/slot-contract";
import { installationDirectories, ownerOf } from "./embedded-installation.ts";

/** Where the built release and the tools it brings along lie before they are installed. */
export interface EmbeddedSource {
  release: string;
  node: string;
  pnpm: string;
  postgres: string;
}

const RELEASE_ID = "embedded";

export function makeDirectories(contract: RuntimeContract, isolated: boolean): void {
  makeDirectory(contract.root, { mode: 0o755 });
  for (const { path, mode, owner } of installationDirectories(contract)) {
    makeDirectory(path, { mode, owner: isolated ? ownerOf(contract, owner) : undefined });
  }
}

/**
 * Copies release and tools below the root, where every one of the runtime's users can reach them: a clone may lie in a
 * directory that only its owner can enter.
 */
export async function stageRelease(contract: RuntimeContract, source: EmbeddedSource): Promise<void> {
  const release = `${releasesPath(contract)}/${RELEASE_ID}`;
  await Promise.all([
    stageTree(source.release, release),
    stageFile(source.node, `${release}/bin/node`, 0o755),
    stageFile(source.pnpm, `${release}/bin/pnpm`, 0o755),
  ]);
  await swapSymlink({ target: release, link: currentPath(contract) });
}
