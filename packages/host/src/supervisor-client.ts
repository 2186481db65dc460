export { packageCacheClient } from "./package-cache.ts";
export type { FillReport, MainLockfile, PackageCache } from "./package-cache.ts";
export { serviceClient } from "./service-client.ts";
export type { ServiceClient, ServiceStatus } from "./service-client.ts";
export { supervisorClient } from "./slot-processes.ts";
export type { SlotProcesses, StepResult } from "./slot-processes.ts";
