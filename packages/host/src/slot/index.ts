// What every driver of slots' processes shares, the supervisor's and systemd's.
export { awaitHealthy, becomesHealthy, checkHealth } from "./backend-health.ts";
export { backendLogTail, readBackendJob } from "./backend-job.ts";
export type { SlotPlace } from "./backend-job.ts";
export { backendReport, endedMeanwhile, failure, healthUrlOf } from "./backend-report.ts";
export { BACKEND_STARTED } from "./backend-started.ts";
export { claimPort } from "./claim-port.ts";
export { openEpochFence } from "./epoch-fence.ts";
export { fillPackageStore, PNPM_VERSION, pnpmVersion, prunePackageStores } from "./fill-packages.ts";
export type { PackageFiller } from "./fill-packages.ts";
export { inTurn } from "./in-turn.ts";
export { openSlotDirectory, temporaryPath } from "./slot-directory.ts";
