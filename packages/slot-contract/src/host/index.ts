// What only a systemd host has: users, units, places, generated files. A previewed application needs none of it.
export {
  API_USER,
  APP_USER,
  BUILD_USER,
  CADDY_USER,
  PACKAGES_USER,
  POSTGRES_USER,
  REDIS_USER,
  slotUser,
  WEB_USER,
  WORKER_USER,
} from "./accounts.ts";
export { GENERATED_LINE, isGenerated, SECRET_VARIABLES } from "./generated-file.ts";
export type { GeneratedFile } from "./generated-file.ts";
export {
  BACKEND_LOG_LINK,
  backendLogsPath,
  caddyfilePath,
  caddySocket,
  contractFile,
  epochsPath,
  installRecordFile,
  maintenancePath,
  nftablesFile,
  outcomeFile,
  outcomesPath,
  packagesHome,
  packagesJobFile,
  packagesLog,
  POLKIT_RULES_DIRECTORY,
  POSTGRES_CLUSTERS,
  releaseApp,
  releaseNode,
  releasePrograms,
  runtimeProgram,
  stepJobFile,
  stepLog,
  stepLogsPath,
  SYSUSERS_DIRECTORY,
  TMPFILES_DIRECTORY,
  UNIT_DIRECTORY,
} from "./host-paths.ts";
export {
  COMMIT_UNIT_KINDS,
  commitTemplate,
  MAINTENANCE_TASKS,
  maintenanceUnit,
  MASKED_UNITS,
  nftablesUnit,
  packagesUnit,
  POSTGRES_CLUSTER_UNIT,
  purgeUnit,
  REDIS_SERVER_UNIT,
  RELEASE_UNIT_KINDS,
  socketOf,
  stepUnit,
  targetUnit,
  templateOf,
  timerOf,
} from "./host-units.ts";
export type { CommitUnitKind, MaintenanceTask } from "./host-units.ts";
export { unitOutcomeSchema } from "./outcome.ts";
export type { UnitOutcome } from "./outcome.ts";
