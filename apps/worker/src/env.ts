import {
  parseEnvironment,
  workerEnvironmentSchema,
  type Environment,
  type WorkerEnvironment,
} from "@oroboros/slot-contract";

export const readWorkerEnvironment = (source: Environment): WorkerEnvironment =>
  parseEnvironment("The worker", workerEnvironmentSchema, source);
