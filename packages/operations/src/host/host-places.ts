import { linkTarget, pathAccess } from "@oroboros/host";
import { currentPath, OperatorError, releasesPath, repoPath, type RuntimeContract } from "@oroboros/slot-contract";

interface WrongPlace {
  path: string;
  problem: string;
  /** What makes room for what belongs there. */
  repair: string;
}

/** @throws OperatorError `unsafe_file` where something else lies where the current release or the repository belongs. */
export async function refuseWrongPlaces(contract: RuntimeContract): Promise<void> {
  const [first] = await wrongPlaces(contract);
  if (first === undefined) return;
  throw new OperatorError("unsafe_file", `${first.path} ${first.problem}.`, {
    hint: `See what it is with: ls -ld ${first.path}; make room with: ${first.repair}; and type the command again.`,
  });
}

export const wrongPlaces = async (contract: RuntimeContract): Promise<WrongPlace[]> => [
  ...(await wrongCurrent(contract)),
  ...wrongRepository(repoPath(contract)),
];

const moved = (path: string): string => `mv -T ${path} ${path}.found`;

async function wrongCurrent(contract: RuntimeContract): Promise<WrongPlace[]> {
  const path = currentPath(contract);
  const access = pathAccess(path);
  if (access === undefined) return [];
  if (access.kind !== "link") return [{ path, problem: "is no link to a release", repair: moved(path) }];
  const target = (await linkTarget(path)) ?? "";
  if (target.slice(0, target.lastIndexOf("/")) !== releasesPath(contract)) {
    return [{ path, problem: `leads to ${target}, which is no release of this host`, repair: moved(path) }];
  }
  return pathAccess(target) !== undefined
    ? []
    : [{ path, problem: `leads to ${target}, which is not there`, repair: `rm ${path}` }];
}

function wrongRepository(path: string): WrongPlace[] {
  const access = pathAccess(path);
  if (access === undefined) return [];
  if (access.kind !== "directory") return [{ path, problem: "is no directory", repair: moved(path) }];
  return pathAccess(`${path}/.git`) !== undefined
    ? [{ path, problem: "is a clone, not a bare repository", repair: moved(path) }]
    : [];
}
