/**
 * What went wrong, sorted by who has to act. The kind decides the exit code of a command and the status of an HTTP answer;
 * the code names the case and never changes once released.
 */
export type ErrorKind =
  | "usage"
  | "missing"
  | "limited"
  | "refused"
  | "unauthenticated"
  | "gate"
  | "held"
  | "failed"
  | "interrupted";

export const ERROR_KINDS = {
  invalid_slot: "usage",
  invalid_contract: "usage",
  invalid_environment: "usage",
  invalid_request: "usage",
  invalid_manifest: "usage",
  idempotency_key_reused: "usage",
  unknown_command: "usage",
  run_not_found: "missing",
  artifact_not_found: "missing",
  route_not_found: "missing",
  not_installed: "missing",
  commit_not_found: "missing",
  path_not_found: "missing",
  seed_not_found: "missing",
  snapshot_not_found: "missing",
  pg_tools_missing: "missing",
  component_missing: "missing",
  token_not_found: "missing",
  release_not_found: "missing",
  method_not_allowed: "usage",
  body_too_large: "usage",
  unsupported_media_type: "usage",
  request_timed_out: "failed",
  rate_limited: "limited",
  not_authenticated: "unauthenticated",
  role_required: "refused",
  host_refused: "refused",
  origin_refused: "refused",
  branch_not_trusted: "refused",
  command_refused: "refused",
  path_refused: "refused",
  upstream_refused: "refused",
  invalid_transition: "refused",
  invalid_url: "refused",
  unsupported_scheme: "refused",
  multi_host: "refused",
  query_override: "refused",
  control_character: "refused",
  host_mismatch: "refused",
  port_mismatch: "refused",
  production_target: "refused",
  non_preview_database_target: "refused",
  slot_database_mismatch: "refused",
  identity_mismatch: "refused",
  not_marked: "refused",
  role_mismatch: "refused",
  database_not_empty: "refused",
  snapshot_exists: "refused",
  snapshot_refused: "refused",
  mask_required: "refused",
  pg_tools_too_old: "refused",
  unsafe_file: "refused",
  nothing_published: "refused",
  commit_changed: "held",
  not_set_up: "held",
  audit_broken: "gate",
  databases_drifted: "gate",
  snapshot_changed: "gate",
  files_drifted: "gate",
  snapshot_in_use: "held",
  being_changed: "held",
  file_edited: "held",
  tree_not_committed: "held",
  stale_lease: "held",
  lease_held: "held",
  no_free_slot: "held",
  port_taken: "held",
  already_running: "held",
  installation_exists: "held",
  uid_taken: "held",
  gate_failed: "gate",
  step_failed: "failed",
  step_timed_out: "failed",
  migration_failed: "failed",
  seed_failed: "failed",
  reset_failed: "failed",
  snapshot_failed: "failed",
  mask_failed: "failed",
  disk_full: "failed",
  backend_not_started: "failed",
  unit_failed: "failed",
  not_running: "failed",
  start_failed: "failed",
  unreachable: "failed",
  run_failed: "failed",
  wait_timed_out: "failed",
  interrupted: "interrupted",
  internal_error: "failed",
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** The exit status of a process that ends with an error of this kind. */
export const EXIT_CODES = {
  failed: 1,
  missing: 1,
  usage: 2,
  refused: 3,
  unauthenticated: 3,
  gate: 4,
  held: 5,
  limited: 5,
  /** As of a process that SIGINT ended. */
  interrupted: 130,
} as const satisfies Record<ErrorKind, number>;

/** A mistake or a refusal an operator can act on: a stable code, what happened to which thing, and what to type next. */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options: { hint: string; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  get kind(): ErrorKind {
    return ERROR_KINDS[this.code];
  }
}
