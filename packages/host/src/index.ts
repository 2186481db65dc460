export { accountOf } from "./accounts.ts";
export { openAppendLog } from "./append-log.ts";
export type { AppendLog } from "./append-log.ts";
export { asUser } from "./as-user.ts";
export type { User } from "./as-user.ts";
export { openCappedLog, setLogAside, tailLines } from "./capped-log.ts";
export { childEnvironment, packageSettings } from "./child-environment.ts";
export { connectTcp } from "./connect-tcp.ts";
export { contentHash } from "./content-hash.ts";
export { startDaemon } from "./daemon.ts";
export { diskUsage } from "./disk-usage.ts";
export { filesBelow } from "./files-below.ts";
export { findBackendJob, MAX_JOB_BYTES } from "./find-backend-job.ts";
export { freeBytes } from "./free-bytes.ts";
export { armFault, faultPoint } from "./fault-point.ts";
export { hashFiles } from "./hash-files.ts";
export { installProgram, openTree, putDirectory } from "./install-tree.ts";
export { killUser } from "./kill-user.ts";
export { linkTarget } from "./link-target.ts";
export { listDirectory } from "./list-directory.ts";
export { handlePath, openDirectory } from "./open-confined.ts";
export {
  completePackageStore,
  isPackageStoreKey,
  packageStoreDirectory,
  readyPackageStores,
  touchPackageStore,
} from "./package-store.ts";
export { modifiedAt, monotonicZero } from "./modified-at.ts";
export { pathAccess } from "./path-access.ts";
export type { PathAccess } from "./path-access.ts";
export { plainText } from "./plain-text.ts";
export { portListener } from "./port-listener.ts";
export type { PortListener } from "./port-listener.ts";
export { holdLock } from "./process-lock.ts";
export { killProcesses, listProcesses, workingDirectory } from "./process-table.ts";
export { unitOfProcess } from "./process-unit.ts";
export { readConfined, readConfinedText } from "./read-file-confined.ts";
export { readTextFile } from "./read-text-file.ts";
export { emptyDirectory, removeOwned, removeTree } from "./remove-tree.ts";
export { runCommand, terminate } from "./run-command.ts";
export type { CommandResult, CommandSpec } from "./run-command.ts";
export {
  chownTree,
  entriesOf,
  isOwnDirectory,
  linkTree,
  makeDirectory,
  makeNewDirectory,
  setAccess,
  stageFile,
  stageTree,
} from "./stage.ts";
export type { Owner } from "./stage.ts";
export { startProcess } from "./start-process.ts";
export type { RunningProcess } from "./start-process.ts";
export { swapSymlink } from "./swap-symlink.ts";
export { prunePool } from "./sync-surface-prune.ts";
export { syncSurface } from "./sync-surface.ts";
export type { SyncedSurface } from "./sync-surface.ts";
export { systemClock } from "./system-clock.ts";
export { hashToken, newToken, randomSecret } from "./token.ts";
export { within } from "./within.ts";
export { writeFileAtomic } from "./write-file-atomic.ts";
export { writeJobFile } from "./write-job-file.ts";
