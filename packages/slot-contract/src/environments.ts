// What the runtime's own processes read at their start. A previewed application needs none of it: `./backend` has what it does.
export { apiEnvironmentSchema } from "./env/api.ts";
export type { ApiEnvironment } from "./env/api.ts";
export { deployCommand, GIT_PUSH_MODES } from "./env/deploy-hooks.ts";
export type { GitPushMode } from "./env/deploy-hooks.ts";
export { devEnvironmentSchema } from "./env/dev.ts";
export type { DevEnvironment } from "./env/dev.ts";
export { contractOf, installationEnvironment, installationVariables, SERVICE_MANAGERS } from "./env/installation.ts";
export type { ServiceManagerName } from "./env/installation.ts";
export { supervisorConfigSchema, supervisorEnvironmentSchema } from "./env/supervisor.ts";
export type { SupervisorConfig } from "./env/supervisor.ts";
export { webSurfaceEnvironmentSchema } from "./env/web-surface.ts";
export type { WebSurfaceEnvironment } from "./env/web-surface.ts";
export { workerEnvironmentSchema } from "./env/worker.ts";
export type { WorkerEnvironment } from "./env/worker.ts";
