/** `error`: somebody can do what nobody should. `warning`: to be known, and nothing that this installation can repair. */
export type ClusterFinding = Readonly<{
  level: "error" | "warning";
  code:
    | "role_missing"
    | "role_attributes"
    | "membership_missing"
    | "foreign_member"
    | "login_stale"
    | "login_unlimited"
    | "database_owner"
    | "open_to_public"
    | "foreign_grant"
    | "foreign_database"
    | "stray_database"
    | "function_missing"
    | "function_changed"
    | "function_unknown"
    | "table_owner"
    | "setting_wrong"
    | "connections_too_few"
    | "version_unsupported"
    | "version_vulnerable"
    | "door_open";
  /** The role, database, function or setting that is wrong. */
  subject: string;
  message: string;
  /** What to type next. */
  hint: string;
  /** SQL of the superuser's that puts it right; null where somebody has to decide. */
  repair: string | null;
}>;

type Found = Omit<ClusterFinding, "level" | "hint" | "repair">;

/** Something that provisioning puts right. */
export const repairable = (found: Found, repair: string): ClusterFinding => ({
  ...found,
  level: "error",
  hint: `As the superuser: ${repair}`,
  repair,
});

export const unrepaired = (level: ClusterFinding["level"], found: Found, hint: string): ClusterFinding => ({
  ...found,
  level,
  hint,
  repair: null,
});
