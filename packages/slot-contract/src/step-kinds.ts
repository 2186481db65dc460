/** What one of the slot's processes runs: kinds are fixed, because each is a sandbox of its own on a systemd host. */
export const STEP_KINDS = ["checkout", "install", "build", "migrate", "cleanup"] as const;
export type StepKind = (typeof STEP_KINDS)[number];
