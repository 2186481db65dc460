export { serviceClient } from "./service-client.ts";
export type { ServiceClient, ServiceStatus } from "./service-client.ts";
export { supervisorClient } from "./slot-processes.ts";
export type { SlotProcesses, StepResult } from "./slot-processes.ts";
