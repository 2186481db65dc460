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
export { findProgram } from "../find-program.ts";
export { jobOwnersHere } from "./job-owners.ts";
export { isOutOfMemory } from "../out-of-memory.ts";
export { signalStatus } from "../signal-status.ts";
export { openSlotDirectory, temporaryPath } from "./slot-directory.ts";
export { MAX_STEP_OUTPUT_BYTES } from "./step-lines.ts";
export type { PackagesJob, StepExit, StepJob, StepLine } from "./step-lines.ts";
