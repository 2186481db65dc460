import { pathAccess } from "@oroboros/host";
import { diskRoom, type DiskRoom } from "@oroboros/host/read-only";
import {
  artifactsPath,
  etcPath,
  logsPath,
  packageCachePath,
  postgresDataPath,
  slotHome,
  slotIds,
  worktreesPath,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { POSTGRES_CLUSTERS } from "@oroboros/slot-contract/host";
import { worthKnowing, wrong, type DoctorFinding } from "./doctor-report.ts";

const MB = 1_048_576;
/** As the api is not ready below: /health/ready. */
const FULL = { bytes: 512 * MB, share: 0.02 };
const SCARCE = { bytes: 5_120 * MB, share: 0.1 };

/** The room where something of ours grows, one path for each file system. */
export type Room = ReadonlyMap<string, DiskRoom>;

export async function observeDisk(contract: RuntimeContract, manager: "process" | "systemd"): Promise<Room> {
  const paths = [
    worktreesPath(contract),
    artifactsPath(contract),
    logsPath(contract),
    packageCachePath(contract),
    ...slotIds(contract)
      .slice(0, 1)
      .map((slot) => slotHome(contract, slot)),
    manager === "systemd" ? POSTGRES_CLUSTERS : postgresDataPath(contract),
    etcPath(contract),
  ].filter((path) => pathAccess(path) !== undefined);
  const rooms = await Promise.all(paths.map(async (path) => [path, await diskRoom(path)] as const));
  // Two file systems with the same size and the same room are one.
  const seen = new Set<string>();
  return new Map(
    rooms.filter(([, { freeBytes, totalBytes }]) => {
      const id = `${totalBytes}/${Math.round(freeBytes / MB)}`;
      return !seen.has(id) && seen.add(id) !== undefined;
    }),
  );
}

/** @param prune what is typed to remove what has expired. */
export const judgeDisk = (rooms: Room, prune: string): DoctorFinding[] =>
  [...rooms].flatMap(([path, room]) => {
    const left = `${path} has ${Math.floor(room.freeBytes / MB)} of ${Math.floor(room.totalBytes / MB)} MB left`;
    if (isBelow(room, FULL)) {
      const message = `${left}: publishes and resets fail, and the api says that it is not ready.`;
      return [wrong({ code: "disk_full", subject: path, message, hint: freeSome(path, prune) })];
    }
    if (!isBelow(room, SCARCE)) return [];
    return [worthKnowing({ code: "disk_scarce", subject: path, message: `${left}.`, hint: freeSome(path, prune) })];
  });

const isBelow = ({ freeBytes, totalBytes }: DiskRoom, least: typeof FULL): boolean =>
  freeBytes < least.bytes && freeBytes < totalBytes * least.share;

const freeSome = (path: string, prune: string): string =>
  `Remove what has expired: ${prune}; or see what is large: du -xh --max-depth=2 ${path}`;
