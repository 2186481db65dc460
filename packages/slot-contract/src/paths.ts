import type { RunId } from "./run-id.ts";
import type { RuntimeContract } from "./runtime-contract.ts";
import type { SlotId } from "./slot-id.ts";

type Root = Pick<RuntimeContract, "root">;

const below = (contract: Root, path: string): string => (contract.root === "/" ? path : contract.root + path);

const srv = (contract: Root): string => below(contract, "/srv/oroboros");
export const repoPath = (contract: Root): string => `${srv(contract)}/repo`;
export const artifactsPath = (contract: Root): string => `${srv(contract)}/artifacts`;
export const releasesPath = (contract: Root): string => `${srv(contract)}/releases`;
export const currentPath = (contract: Root): string => `${srv(contract)}/current`;
export const worktreesPath = (contract: Root): string => `${srv(contract)}/worktrees`;
/** Link to the directory of the slot's latest publish. */
export const worktreeLink = (contract: Root, slot: SlotId): string => `${worktreesPath(contract)}/${slot}`;
/** Directory owned by the slot's user in which every publish makes its own worktree. */
export const slotWorktrees = (contract: Root, slot: SlotId): string => `${worktreesPath(contract)}/${slot}.d`;
export const surfacesPath = (contract: Root): string => `${srv(contract)}/shared/surfaces`;
/** Link to the frontend build that the slot's surface serves. */
export const surfaceLink = (contract: Root, slot: SlotId): string => `${surfacesPath(contract)}/${slot}`;
export const slotSurfaces = (contract: Root, slot: SlotId): string => `${surfacesPath(contract)}/${slot}.d`;
/** Which of a run's publishes into which slot. */
export type PublishTarget = Readonly<{ slot: SlotId; runId: RunId; attempt: number }>;
const publishDirectory = ({ runId, attempt }: PublishTarget): string => `${runId}-${attempt}`;
/** The worktree of one publish. */
export const publishWorktree = (contract: Root, target: PublishTarget): string =>
  `${slotWorktrees(contract, target.slot)}/${publishDirectory(target)}`;
/** The frontend of one publish. */
export const publishSurface = (contract: Root, target: PublishTarget): string =>
  `${slotSurfaces(contract, target.slot)}/${publishDirectory(target)}`;
/** The files of all of a slot's frontends by their content. */
export const surfacePool = (contract: Root, slot: SlotId): string => `${slotSurfaces(contract, slot)}/pool`;
/** The page a surface serves while no run holds its slot; part of the release. */
export const placeholderPath = (contract: Root): string => `${currentPath(contract)}/infra/web-placeholder`;
export const runtimesPath = (contract: Root): string => `${srv(contract)}/shared/runtimes`;

export const etcPath = (contract: Root): string => below(contract, "/etc/oroboros");
export const runPath = (contract: Root): string => below(contract, "/run/oroboros");
/** Job files for the slot, written by the worker and read by whoever starts the slot's processes. */
export const slotRunPath = (contract: Root, slot: SlotId): string => `${runPath(contract)}/slots/${slot}`;
/** What the slot's backend is to run. */
export const backendJobFile = (contract: Root, slot: SlotId): string => `${slotRunPath(contract, slot)}/backend.json`;
/** Slot operations; the worker may use it. */
export const supervisorSocket = (contract: Root): string => `${runPath(contract)}/supervisor.sock`;
/** Services as well; root only. */
export const supervisorAdminSocket = (contract: Root): string => `${runPath(contract)}/supervisor-admin.sock`;

export const logsPath = (contract: Root): string => below(contract, "/var/log/oroboros");
export const serviceLog = (contract: Root, service: string): string => `${logsPath(contract)}/${service}.log`;
export const backendLog = (contract: Root, slot: SlotId): string => `${logsPath(contract)}/preview-backend/${slot}.log`;

/** What the runtime keeps for itself. */
export const statePath = (contract: Root): string => below(contract, "/var/lib/oroboros");
export const slotHome = (contract: Root, slot: SlotId): string => `${statePath(contract)}/slots/${slot}`;
/** What another server's database was dumped to, until it is masked; in a directory per snapshot. */
export const snapshotWork = (contract: Root, id: string): string => `${statePath(contract)}/snapshots/${id}`;
export const postgresDataPath = (contract: Root): string => `${statePath(contract)}/postgres`;

/** Packages of main's lockfile, which every slot may read and only their own user may write. */
export const packageCachePath = (contract: Root): string => below(contract, "/var/cache/oroboros/packages");
