import * as z from "zod";
import { artifactListSchema, artifactViewSchema } from "../api/artifacts.ts";
import { runContractSchema, slotContractSchema } from "../api/contracts.ts";
import type { Endpoint } from "../api/endpoint.ts";
import { eventListSchema, runEventSchema } from "../api/events.ts";
import { healthSchema, readinessSchema } from "../api/health.ts";
import { coreMetricsSchema } from "../api/metrics.ts";
import {
  databaseResetListSchema,
  databaseResetViewSchema,
  enqueuedSchema,
  worktreeViewSchema,
} from "../api/operations.ts";
import { problemSchema } from "../api/problem.ts";
import { releaseListSchema, releaseViewSchema } from "../api/releases.ts";
import {
  approvalListSchema,
  approvalViewSchema,
  decisionSchema,
  runChecksSchema,
  runDiffSchema,
  runPreviewSchema,
} from "../api/review.ts";
import {
  emptyRequestSchema,
  endedRunSchema,
  publishAttemptViewSchema,
  runDetailSchema,
  runListSchema,
  runViewSchema,
} from "../api/runs.ts";
import { sessionSchema } from "../api/session.ts";
import { slotViewSchema } from "../api/slots.ts";
import { healthReportSchema, serviceHealthSchema } from "../health-report.ts";

/** What appears in more than one place, or deserves a better name than its endpoint's. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  Problem: problemSchema,
  Run: runViewSchema,
  RunDetail: runDetailSchema,
  EndedRun: endedRunSchema,
  RunList: runListSchema,
  RunContract: runContractSchema,
  PublishAttempt: publishAttemptViewSchema,
  Artifact: artifactViewSchema,
  ArtifactList: artifactListSchema,
  Event: runEventSchema,
  EventList: eventListSchema,
  Slot: slotViewSchema,
  SlotContract: slotContractSchema,
  Approval: approvalViewSchema,
  ApprovalList: approvalListSchema,
  Decision: decisionSchema,
  Diff: runDiffSchema,
  Checks: runChecksSchema,
  Preview: runPreviewSchema,
  Health: healthSchema,
  Readiness: readinessSchema,
  ServiceHealth: serviceHealthSchema,
  HealthReport: healthReportSchema,
  CoreMetrics: coreMetricsSchema,
  Worktree: worktreeViewSchema,
  DatabaseReset: databaseResetViewSchema,
  DatabaseResetList: databaseResetListSchema,
  Release: releaseViewSchema,
  ReleaseList: releaseListSchema,
  Enqueued: enqueuedSchema,
  Session: sessionSchema,
};

export type Names = z.core.$ZodRegistry<{ id: string }>;

/** Names of everything the api answers. */
export function responseNames(endpoints: readonly [string, Endpoint][]): Names {
  const names: Names = z.registry();
  for (const [name, schema] of Object.entries(NAMED)) names.add(schema, { id: name });
  for (const [name, { response }] of endpoints) {
    if (typeof response !== "string" && !names.has(response))
      names.add(response, { id: `${capitalized(name)}Response` });
  }
  return names;
}

/** Names of the bodies that the api takes. */
export function requestNames(endpoints: readonly [string, Endpoint][]): Names {
  const names: Names = z.registry();
  names.add(emptyRequestSchema, { id: "EmptyRequest" });
  for (const [name, { request }] of endpoints) {
    const schema = request && withoutOptional(request);
    if (schema !== undefined && !names.has(schema)) names.add(schema, { id: `${capitalized(name)}Request` });
  }
  return names;
}

/** What a body has to be where there is one. */
export const withoutOptional = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
