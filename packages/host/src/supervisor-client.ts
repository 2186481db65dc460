export { serviceClient } from "./service-client.ts";
export type { ServiceStatus } from "./service-client.ts";
export { supervisorClient } from "./slot-processes.ts";
export type { SlotProcesses, StepResult } from "./slot-processes.ts";
