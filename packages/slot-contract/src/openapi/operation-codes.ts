import type { Endpoint } from "../api/endpoint.ts";
import type { EndpointName } from "../api/endpoints.ts";
import type { ErrorCode } from "../operator-error.ts";

const ALWAYS: readonly ErrorCode[] = ["host_refused", "internal_error", "request_timed_out"];

/** Refusals of single endpoints, beside those that follow from what an endpoint takes. */
const OWN_CODES: Partial<Record<EndpointName, readonly ErrorCode[]>> = {
  acquireSlot: ["run_not_found", "invalid_transition", "stale_lease"],
  releaseSlot: ["role_required"],
  replaceSlot: ["run_not_found", "invalid_transition"],
  createRun: ["idempotency_key_reused"],
  transitionRun: ["invalid_transition"],
  cancelRun: ["invalid_transition"],
  expireRun: ["invalid_transition"],
  extendRun: ["invalid_transition", "stale_lease"],
  retryRun: ["invalid_transition"],
  resumeRun: ["invalid_transition"],
  publishRun: ["invalid_transition", "stale_lease"],
  approveRun: ["invalid_transition", "commit_changed", "stale_lease"],
  rejectRun: ["invalid_transition"],
  runDiff: ["artifact_not_found"],
  assignWorktree: ["run_not_found", "invalid_slot", "invalid_transition", "stale_lease"],
  getRelease: ["release_not_found"],
  deploy: ["not_set_up"],
  rollback: ["release_not_found", "not_set_up"],
  readArtifact: ["artifact_not_found", "path_refused"],
  openSession: ["not_authenticated", "rate_limited"],
};

/** The codes that an endpoint may refuse with. */
export function operationCodes(name: EndpointName, endpoint: Endpoint): ErrorCode[] {
  const takesBody = endpoint.request !== undefined;
  return [
    ...new Set<ErrorCode>([
      ...ALWAYS,
      ...(takesBody ? (["body_too_large", "unsupported_media_type"] as const) : []),
      ...(takesBody || endpoint.query !== undefined ? (["invalid_request"] as const) : []),
      ...(endpoint.path.includes("{id}") ? (["run_not_found"] as const) : []),
      ...(endpoint.path.includes("{slot}") ? (["invalid_slot"] as const) : []),
      ...(endpoint.role === null ? [] : (["not_authenticated", "role_required", "rate_limited"] as const)),
      ...(endpoint.method === "GET" ? [] : (["origin_refused", "being_changed"] as const)),
      ...(OWN_CODES[name] ?? []),
    ]),
  ].toSorted();
}
