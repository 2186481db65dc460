import * as z from "zod";
import { commitShaSchema } from "../commit-sha.ts";

/** What a migration's statement can take away, or break for who still expects it. `opaque`: it runs what can not be read beforehand. */
export const DESTRUCTIVE_KINDS = [
  "drop_table",
  "drop_view",
  "drop_column",
  "drop_schema",
  "drop_type",
  "drop_function",
  "drop_index",
  "drop_constraint",
  "drop_sequence",
  "drop_trigger",
  "drop_policy",
  "drop_extension",
  "drop_object",
  "drop_owned",
  "drop_default",
  "cascade",
  "rename_table",
  "rename_column",
  "rename_object",
  "rename_enum_value",
  "move_to_schema",
  "change_column_type",
  "set_not_null",
  "add_not_null_column",
  "truncate",
  "delete_all_rows",
  "update_all_rows",
  "revoke",
  "disable_row_security",
  "disable_trigger",
  "detach_partition",
  "opaque",
] as const;
export type DestructiveKind = (typeof DESTRUCTIVE_KINDS)[number];

export const destructiveStatementSchema = z.strictObject({
  kind: z.enum(DESTRUCTIVE_KINDS),
  /** What it is done to, as `schema.table.column`; several in one row, separated by commas. */
  object: z.string(),
  /** Its text on one line, or the beginning of it. */
  statement: z.string(),
  /** Where it begins in its file. */
  line: z.int().positive(),
});
export type DestructiveStatement = z.infer<typeof destructiveStatementSchema>;

/** What migrations would do to data that is there: information for whoever decides, never a reason to refuse. */
export const migrationFindingsSchema = z.strictObject({
  statements: z
    .array(destructiveStatementSchema.extend({ file: z.string() }))
    .describe("In the order in which they would run, at most 200."),
  not_analysed: z
    .array(z.strictObject({ file: z.string(), reason: z.string() }))
    .describe("What could not be read as SQL, or not in whole: it may do anything."),
});
export type MigrationFindings = z.infer<typeof migrationFindingsSchema>;

/** Of the migrations that a commit has and `main` has not. */
export const destructiveReportSchema = migrationFindingsSchema.extend({
  commit_sha: commitShaSchema,
  attempt: z.int().positive().describe("The run's publish that looked."),
});
export type DestructiveReport = z.infer<typeof destructiveReportSchema>;
