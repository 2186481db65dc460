/** The steps of a publish, in their order, and the artifact each one leaves. */
export const PUBLISH_STEPS = {
  checkout: "preview_checkout_log",
  database_reset: "preview_database_reset_log",
  frontend_publish: "preview_publish_log",
  dependency_sync: "preview_dependency_sync_log",
  migration: "preview_migration_log",
  backend_restart: "preview_backend_restart_log",
  readiness: "preview_readiness_log",
  smoke: "preview_slot_smoke_report",
} as const;

export type PublishStepName = keyof typeof PUBLISH_STEPS;
/** What a publish leaves besides: its commit against where it left main. */
export const DIFF_REPORT = "diff_report";
export type ArtifactType = (typeof PUBLISH_STEPS)[PublishStepName] | typeof DIFF_REPORT;
export const ARTIFACT_TYPES: readonly [ArtifactType, ...ArtifactType[]] = [
  DIFF_REPORT,
  ...Object.values(PUBLISH_STEPS),
];
