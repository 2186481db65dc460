import type { z } from "zod";
import { healthReportSchema } from "../health-report.ts";
import { artifactListSchema, artifactQuerySchema } from "./artifacts.ts";
import * as contracts from "./contracts.ts";
import type { Endpoint } from "./endpoint.ts";
import { jsonSchemaSchema, streamEventsQuerySchema } from "./event-stream.ts";
import { eventListSchema, listEventsQuerySchema } from "./events.ts";
import { healthSchema, readinessSchema } from "./health.ts";
import { coreMetricsQuerySchema, coreMetricsSchema } from "./metrics.ts";
import * as operations from "./operations.ts";
import * as releases from "./releases.ts";
import * as review from "./review.ts";
import * as actions from "./run-actions.ts";
import type { Role } from "./roles.ts";
import * as runs from "./runs.ts";
import * as session from "./session.ts";
import * as slots from "./slots.ts";

/** Every endpoint of the api by the name of the client's method for it. */
export const ENDPOINTS = {
  health: { method: "GET", path: "/api/health", role: null, status: "served", response: healthSchema },
  ready: { method: "GET", path: "/health/ready", role: null, status: "served", response: readinessSchema },

  listSlots: get("/api/slots", "served", slots.slotViewSchema.array()),
  slotContract: get("/api/slots/contract", "served", contracts.slotContractSchema),
  acquireSlot: post(
    "/api/slots/acquire",
    "agent",
    "served",
    slots.acquireSlotRequestSchema,
    slots.acquireSlotResponseSchema,
  ),
  heartbeatSlot: post(
    "/api/slots/{slot}/heartbeat",
    "agent",
    "served",
    slots.heartbeatRequestSchema,
    slots.heartbeatResponseSchema,
  ),
  releaseSlot: post(
    "/api/slots/{slot}/release",
    "agent",
    "served",
    slots.releaseSlotRequestSchema,
    slots.releaseSlotResponseSchema,
  ),
  reapExpiredSlots: post(
    "/api/slots/reap-expired",
    "operator",
    "served",
    slots.reapExpiredRequestSchema,
    slots.reapExpiredResponseSchema,
  ),
  replaceSlot: post(
    "/api/slots/{slot}/replace",
    "operator",
    "served",
    slots.replaceSlotRequestSchema,
    slots.replaceSlotResponseSchema,
  ),

  createRun: {
    ...post("/api/runs", "agent", "served", runs.createRunRequestSchema, runs.runViewSchema),
    takesIdempotencyKey: true,
  },
  listRuns: { ...get("/api/runs", "served", runs.runListSchema), query: runs.listRunsQuerySchema },
  runContract: get("/api/runs/contract", "served", contracts.runContractSchema),
  getRun: get("/api/runs/{id}", "served", runs.runDetailSchema),
  transitionRun: post(
    "/api/runs/{id}/transition",
    "agent",
    "served",
    actions.transitionRunRequestSchema,
    runs.runViewSchema,
  ),
  cancelRun: act("/api/runs/{id}/cancel", "agent", "served", runs.endedRunSchema),
  expireRun: post("/api/runs/{id}/expire", "operator", "served", actions.expireRunRequestSchema, runs.endedRunSchema),
  extendRun: post(
    "/api/runs/{id}/extend",
    "operator",
    "served",
    actions.extendRunRequestSchema,
    review.runPreviewSchema,
  ),
  retryRun: act("/api/runs/{id}/retry", "agent", "served", runs.runViewSchema),
  resumeRun: act("/api/runs/{id}/resume", "agent", "served", runs.runViewSchema),
  publishRun: post(
    "/api/runs/{id}/publish",
    "agent",
    "served",
    runs.publishRunRequestSchema,
    runs.publishRunResponseSchema,
  ),

  runDiff: get("/api/runs/{id}/diff", "served", review.runDiffSchema),
  runChecks: get("/api/runs/{id}/checks", "served", review.runChecksSchema),
  runApprovals: get("/api/runs/{id}/approvals", "served", review.approvalListSchema),
  runPreview: get("/api/runs/{id}/preview", "served", review.runPreviewSchema),
  approveRun: post(
    "/api/runs/{id}/approve",
    "operator",
    "served",
    review.approveRunRequestSchema,
    review.decisionSchema,
  ),
  rejectRun: post("/api/runs/{id}/reject", "operator", "served", review.rejectRunRequestSchema, review.decisionSchema),

  listEvents: { ...get("/api/runs/{id}/events", "served", eventListSchema), query: listEventsQuerySchema },
  streamEvents: { ...get("/api/runs/{id}/events/stream", "served", "event stream"), query: streamEventsQuerySchema },
  eventSchema: get("/api/events/schema", "served", jsonSchemaSchema),
  listArtifacts: get("/api/runs/{id}/artifacts", "served", artifactListSchema),
  readArtifact: { ...get("/api/runs/{id}/artifacts/content", "served", "text"), query: artifactQuerySchema },

  listWorktrees: get("/api/worktrees", "served", operations.worktreeListSchema),
  assignWorktree: post(
    "/api/worktrees/assign",
    "operator",
    "served",
    operations.assignWorktreeRequestSchema,
    operations.enqueuedSchema,
  ),
  cleanupWorktree: act("/api/worktrees/{slot}/cleanup", "operator", "served", operations.enqueuedSchema),
  listReleases: get("/api/releases", "served", releases.releaseListSchema),
  getRelease: get("/api/releases/{release_id}", "served", releases.releaseViewSchema),
  deploy: post("/api/deploys", "operator", "served", releases.deployRequestSchema, operations.enqueuedSchema),
  rollback: post(
    "/api/releases/{release_id}/rollback",
    "operator",
    "served",
    releases.rollbackRequestSchema,
    operations.enqueuedSchema,
  ),
  host: get("/api/host", "served", healthReportSchema),
  listDatabaseResets: {
    ...get("/api/databases/resets", "served", operations.databaseResetListSchema),
    query: operations.listResetsQuerySchema,
  },
  listDatabaseSnapshots: get("/api/databases/snapshots", "served", operations.databaseSnapshotListSchema),

  openSession: {
    method: "POST",
    path: "/api/session",
    role: null,
    status: "served",
    request: session.openSessionRequestSchema,
    response: session.sessionSchema,
  },
  closeSession: {
    method: "DELETE",
    path: "/api/session",
    role: "viewer",
    status: "served",
    response: session.closedSessionSchema,
  },

  coreMetrics: { ...get("/api/metrics/core", "served", coreMetricsSchema), query: coreMetricsQuerySchema },
  metrics: get("/metrics", "served", "text"),
} as const satisfies Record<string, Endpoint>;
export type Endpoints = typeof ENDPOINTS;
export type EndpointName = keyof Endpoints;

type Status = Endpoint["status"];

function get<const Path extends string, const Response extends Endpoint["response"]>(
  path: Path,
  status: Status,
  response: Response,
) {
  return { method: "GET", path, role: "viewer", status, response } as const;
}

/** A POST without a body. */
function act<const Path extends string, Response extends z.ZodType>(
  path: Path,
  role: Role,
  status: Status,
  response: Response,
) {
  return { method: "POST", path, role, status, request: runs.emptyRequestSchema.optional(), response } as const;
}

function post<const Path extends string, Request extends z.ZodType, Response extends z.ZodType>(
  path: Path,
  role: Role,
  status: Status,
  request: Request,
  response: Response,
) {
  return { method: "POST", path, role, status, request, response } as const;
}
