export { ERROR_KINDS, EXIT_CODES, OperatorError } from "./operator-error.ts";
export type { ErrorCode, ErrorKind } from "./operator-error.ts";
export { defineContract } from "./runtime-contract.ts";
export type { RuntimeContract, RuntimeContractInput } from "./runtime-contract.ts";
export { CONTRACT_RULES } from "./contract-rules.ts";
export type { ContractRule } from "./contract-rules.ts";
export { defineRuntime } from "./define-runtime.ts";
export type { Runtime, SlotFacts } from "./define-runtime.ts";
export { MAX_SLOTS, parseSlotId, slotAlias, slotIds, slotNumber } from "./slot-id.ts";
export type { SlotId } from "./slot-id.ts";
export { commitShaSchema } from "./commit-sha.ts";
export type { CommitSha } from "./commit-sha.ts";
export { runIdSchema } from "./run-id.ts";
export type { RunId } from "./run-id.ts";
export {
  EVICTION_GRACE_SECONDS,
  EVICTION_IDLE_SECONDS,
  LEASE_TTL_SECONDS,
  leaseEpochSchema,
  REVIEW_TTL_SECONDS,
} from "./lease.ts";
export type { LeaseEpoch } from "./lease.ts";
export { canTransition, isTerminal, mayTransition, RUN_STATES, RUN_TRANSITIONS } from "./run-state.ts";
export type { RunActor, RunState } from "./run-state.ts";
export { ENDING_CODES, FAILURE_CODES, WAITING_FOR_SLOT } from "./reason-code.ts";
export type { FailureCode, ReasonCode } from "./reason-code.ts";
export { ARTIFACT_TYPES, DIFF_REPORT, PUBLISH_STEPS } from "./publish-step.ts";
export type { ArtifactType, PublishStepName } from "./publish-step.ts";
export { ATTEMPT_STATES } from "./publish-attempt.ts";
export type { AttemptState } from "./publish-attempt.ts";
export { publishJobSchema } from "./jobs.ts";
export type { PublishJob } from "./jobs.ts";
export {
  API_ROLE,
  AUDIT_DATABASE,
  COMMIT_HEADER,
  CONTROL_DATABASE,
  keptDatabase,
  LEASE_SETTING,
  MAIN_BRANCH,
  MIGRATOR_ROLE,
  QUEUE_SCHEMA,
  retiredDatabase,
  RUNTIME_SCHEMA,
  SLOT_DATABASE_TEMPLATE,
  IDLE_SECONDS_HEADER,
  LEASE_EPOCH_HEADER,
  SLOT_HEADER,
  slotDatabase,
  slotLogin,
  slotRole,
  SLOTS_ROLE,
  SLOT_ACCESS_SCHEMA,
  ROTATOR_ROLE,
  DATABASE_OWNER_ROLE,
  snapshotCopy,
  snapshotDatabase,
  SNAPSHOT_VERSION,
  spareDatabase,
  TEMPLATE_ROLE,
  templateDatabase,
  WORKER_ROLE,
} from "./names.ts";
export {
  apiPort,
  appBackendPort,
  backendPort,
  caddyPort,
  embeddedPostgresPort,
  frontendPort,
  loopbackUrl,
  postgresPort,
  redisPort,
  slotApiDirectTemplate,
  slotNumberOfFrontendPort,
  webMainPort,
  workerPort,
} from "./ports.ts";
export { apiHost, appHost, previewHost, previewHostTemplate, workerHost } from "./host-names.ts";
export {
  apiUnit,
  appUnit,
  backendUnit,
  caddyUnit,
  POSTGRES_UNIT,
  REDIS_UNIT,
  surfaceUnit,
  webMainUnit,
  workerUnit,
} from "./unit-names.ts";
export { corsAllowedOrigins } from "./cors-origins.ts";
export { scriptsPath, webMainRoot, webRoot, webRootTemplate } from "./static-roots.ts";
export { controlUid, packagesUid, postgresUid, slotUid, surfaceUid } from "./process-uids.ts";
export {
  artifactsPath,
  backendJobFile,
  backendLog,
  currentPath,
  etcPath,
  logsPath,
  packageCachePath,
  placeholderPath,
  postgresDataPath,
  snapshotWork,
  publishSurface,
  publishWorktree,
  releasesPath,
  repoPath,
  runPath,
  runtimesPath,
  serviceLog,
  slotHome,
  slotRunPath,
  slotSurfaces,
  slotWorktrees,
  supervisorAdminSocket,
  supervisorSocket,
  surfaceLink,
  surfacePool,
  surfacesPath,
  worktreeLink,
  worktreesPath,
} from "./paths.ts";
export type { PublishTarget } from "./paths.ts";
export { isHashedAsset } from "./hashed-asset.ts";
export { normalizePostgresUrl } from "./postgres-url.ts";
export { expandSlotTemplate } from "./slot-template.ts";
export { MANIFEST_FILE, parseAppManifest, SEED_VERSION } from "./app-manifest.ts";
export type { AppManifest } from "./app-manifest.ts";
export { parseEnvFile, serializeEnvFile } from "./env-file.ts";
export { parseEnvironment } from "./env/parse-environment.ts";
export type { Environment } from "./env/parse-environment.ts";
export type { SlotBackendVariables } from "./env/slot-backend.ts";
export { BACKEND_COMMANDS, backendRequestSchema, slotJobSchema, stepRequestSchema } from "./slot-job.ts";
export type { BackendCommand, BackendReport, SlotJob, StepRequest } from "./slot-job.ts";
export { STEP_KINDS } from "./step-kinds.ts";
export type { StepKind } from "./step-kinds.ts";
export { includesRole, OPERATORS_GROUP, ROLES } from "./api/roles.ts";
export type { Role } from "./api/roles.ts";
export {
  artifactListSchema,
  artifactQuerySchema,
  artifactUri,
  artifactViewSchema,
  parseArtifactUri,
} from "./api/artifacts.ts";
export type { ArtifactView } from "./api/artifacts.ts";
export { eventListSchema, listEventsQuerySchema, RUN_EVENT_TYPES, runEventSchema } from "./api/events.ts";
export type { RunEvent, RunEventType } from "./api/events.ts";
export {
  healthSchema,
  readinessSchema,
  SURFACE_MARKER,
  surfaceHealthSchema,
  surfaceMarkerSchema,
} from "./api/health.ts";
export type { Health, Readiness } from "./api/health.ts";
export { problemSchema } from "./api/problem.ts";
export type { Problem } from "./api/problem.ts";
export {
  createRunRequestSchema,
  emptyRequestSchema,
  endedRunSchema,
  listRunsQuerySchema,
  publishAttemptViewSchema,
  publishRunRequestSchema,
  publishRunResponseSchema,
  runDetailSchema,
  runListSchema,
  runViewSchema,
} from "./api/runs.ts";
export type {
  CreateRunRequest,
  EndedRun,
  NewRunRequest,
  PublishAttemptView,
  PublishRunRequest,
  PublishRunResponse,
  RunDetail,
  RunView,
} from "./api/runs.ts";
export { IDEMPOTENCY_KEY_HEADER, IDEMPOTENCY_REPLAYED_HEADER, idempotencyKeySchema } from "./api/idempotency-key.ts";
export {
  acquireSlotRequestSchema,
  acquireSlotResponseSchema,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  reapExpiredRequestSchema,
  reapExpiredResponseSchema,
  releaseSlotRequestSchema,
  releaseSlotResponseSchema,
  replaceSlotRequestSchema,
  replaceSlotResponseSchema,
  slotViewSchema,
} from "./api/slots.ts";
export type {
  AcquireSlotResponse,
  HeartbeatResponse,
  ReleaseSlotResponse,
  ReplaceSlotResponse,
  SlotView,
} from "./api/slots.ts";
export { expireRunRequestSchema, extendRunRequestSchema, transitionRunRequestSchema } from "./api/run-actions.ts";
export type { TransitionRunRequest } from "./api/run-actions.ts";
export { runContractSchema, runContractView, slotContractSchema, slotContractView } from "./api/contracts.ts";
export type { RunContractView, SlotContractView } from "./api/contracts.ts";
export {
  approvalListSchema,
  approvalViewSchema,
  approveRunRequestSchema,
  decisionSchema,
  rejectRunRequestSchema,
  runChecksSchema,
  runDiffSchema,
  runPreviewSchema,
} from "./api/review.ts";
export type { ApprovalView, DecisionView, RunChecks, RunDiff, RunPreview } from "./api/review.ts";
export {
  DESTRUCTIVE_KINDS,
  destructiveReportSchema,
  destructiveStatementSchema,
  migrationFindingsSchema,
} from "./api/destructive-statements.ts";
export type {
  DestructiveKind,
  DestructiveReport,
  DestructiveStatement,
  MigrationFindings,
} from "./api/destructive-statements.ts";
export { RUN_EVENT, streamEventsQuerySchema } from "./api/event-stream.ts";
export {
  assignWorktreeRequestSchema,
  databaseResetListSchema,
  databaseResetViewSchema,
  databaseSnapshotListSchema,
  databaseSnapshotViewSchema,
  enqueuedSchema,
  listResetsQuerySchema,
  worktreeListSchema,
  worktreeViewSchema,
} from "./api/operations.ts";
export type {
  DatabaseResetList,
  DatabaseResetView,
  DatabaseSnapshotList,
  DatabaseSnapshotView,
  Enqueued,
  WorktreeView,
} from "./api/operations.ts";
export { deployRequestSchema, releaseListSchema, releaseViewSchema, rollbackRequestSchema } from "./api/releases.ts";
export type { ReleaseView } from "./api/releases.ts";
export { closedSessionSchema, openSessionRequestSchema, sessionSchema } from "./api/session.ts";
export { coreMetricsQuerySchema, coreMetricsSchema } from "./api/metrics.ts";
export type { CoreMetrics } from "./api/metrics.ts";
export { ENDPOINTS } from "./api/endpoints.ts";
export type { EndpointName, Endpoints } from "./api/endpoints.ts";
export type { Endpoint } from "./api/endpoint.ts";
export { ApiError, createClient } from "./client.ts";
export type { Client, ClientOptions } from "./client.ts";
export { HEALTH_SCOPES, healthReportSchema, isHealthy, serviceHealthSchema } from "./health-report.ts";
export type { HealthReport, HealthScope, ServiceHealth } from "./health-report.ts";
export { parseReleaseManifest, RELEASE_MANIFEST_FILE, releaseManifestSchema } from "./release-manifest.ts";
export type { ReleaseManifest } from "./release-manifest.ts";
