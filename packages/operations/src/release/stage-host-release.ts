import {
  hashFiles,
  installProgram,
  makeDirectory,
  openTree,
  putDirectory,
  readTextFile,
  removeTree,
  stageFile,
  stageTree,
  swapSymlink,
  writeFileAtomic,
} from "@oroboros/host";
import {
  MAX_SLOTS,
  OperatorError,
  RELEASE_MANIFEST_FILE,
  releasesPath,
  slotIds,
  slotNumber,
  surfaceLink,
  type CommitSha,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import type { GeneratedFile } from "@oroboros/slot-contract/host";
import { compareInfra, isDrifted } from "../render/compare-infra.ts";
import { driftError } from "../render/drift-error.ts";
import { renderInfra } from "../render/render-infra.ts";
import { committedHead } from "./committed-head.ts";
import { pinnedPrograms } from "./pinned-programs.ts";
import { releaseManifest } from "./release-manifest.ts";
import type { HostReleaseRequest } from "./release-request.ts";

export interface StagedRelease {
  release_id: CommitSha;
  path: string;
  /** False where it stood there already. */
  staged: boolean;
}

export const releasePath = (contract: Pick<RuntimeContract, "root">, release: CommitSha): string =>
  `${releasesPath(contract)}/${release}`;

/**
 * Makes the directory of a host's first release out of a clone's bundle: beside its place, with `release.json` written last, and named by
 * one rename. One that is there is left alone; one that never got its `release.json` is made again.
 *
 * @throws OperatorError `tree_not_committed`, `commit_changed` where the clone stands at another commit, `not_installed` without a
 *   bundle, `files_drifted` where the bundle's `infra/` is not what the contract renders.
 */
export async function stageHostRelease(request: HostReleaseRequest): Promise<StagedRelease> {
  const { contract, commit } = request;
  const path = releasePath(contract, commit);
  const found = { release_id: commit, path };
  if (await isWhole(path)) return { ...found, staged: false };
  const tree = await treeOf(request);
  makeDirectory(releasesPath(contract), { mode: 0o755 });
  const partial = `${releasesPath(contract)}/.${commit}.partial`;
  await removeTree(partial, path);
  await fill(partial, request);
  const files = await hashFiles(partial);
  const manifest = releaseManifest({ contract, commit, tree, builtAt: request.clock.today(), files });
  await writeFileAtomic(`${partial}/${RELEASE_MANIFEST_FILE}`, `${JSON.stringify(manifest, null, 2)}\n`);
  await putDirectory(partial, path);
  return { ...found, staged: true };
}

const isWhole = async (path: string): Promise<boolean> =>
  (await readTextFile(`${path}/${RELEASE_MANIFEST_FILE}`)) !== undefined;

async function treeOf({ checkout, commit }: HostReleaseRequest): Promise<CommitSha> {
  const head = await committedHead(checkout);
  if (head.commit === commit) return head.tree;
  throw new OperatorError("commit_changed", `${checkout} stands at ${head.commit}, not at ${commit}.`, {
    hint: "Type the command again; it takes the commit that the clone stands at then.",
  });
}

async function fill(release: string, request: HostReleaseRequest): Promise<void> {
  const { contract, checkout } = request;
  const bundle = `${checkout}/dist/release`;
  if ((await readTextFile(`${bundle}/apps/cli.js`)) === undefined) throw notBuilt(checkout);
  await stageTree(bundle, release);
  await refuseOtherInfra(contract, release, checkout);
  await linkSurfaces(contract, release);
  await addPrograms(release, request);
  await openTree(release);
}

/** They are a host's, whose root is `/`, wherever the release itself is put. */
const hostFiles = (contract: RuntimeContract): GeneratedFile[] => renderInfra({ ...contract, root: "/" });

/** A bundle of another contract, or of files that were edited, would install them. */
async function refuseOtherInfra(contract: RuntimeContract, release: string, checkout: string): Promise<void> {
  const drift = await compareInfra(hostFiles(contract), `${release}/infra`);
  if (isDrifted(drift)) throw driftError(drift, `${checkout}/infra`);
}

/**
 * The documents' static root of a slot is part of the release; what it shows is not. Of every slot that a host may ever have: the number
 * changes without a deploy.
 */
async function linkSurfaces(contract: RuntimeContract, release: string): Promise<void> {
  for (const slot of slotIds({ slotCount: MAX_SLOTS })) {
    await swapSymlink({
      target: surfaceLink(contract, slot),
      link: `${release}/infra/web-preview-${slotNumber(slot)}`,
    });
  }
}

/** Node and pnpm are links to what releases share; the release's own program is among its generated files. */
async function addPrograms(release: string, request: HostReleaseRequest): Promise<void> {
  for (const { name, from, shared } of await pinnedPrograms(request)) {
    await installProgram(from, shared);
    await stageFile(shared, `${release}/bin/${name}`, 0o755);
  }
  const own = hostFiles(request.contract).filter(({ path }) => path.startsWith("bin/"));
  for (const { path, text } of own) await writeFileAtomic(`${release}/${path}`, text, { mode: 0o755 });
}

function notBuilt(checkout: string): OperatorError {
  return new OperatorError("not_installed", `${checkout} has no bundle: dist/release/apps/cli.js does not exist.`, {
    hint: `Build it with: ${checkout}/scripts/bootstrap.sh`,
  });
}
