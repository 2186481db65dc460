import { apiEnvironmentSchema, parseEnvironment, type ApiEnvironment, type Environment } from "@oroboros/slot-contract";

export const readApiEnvironment = (source: Environment): ApiEnvironment =>
  parseEnvironment("The api", apiEnvironmentSchema, source);
