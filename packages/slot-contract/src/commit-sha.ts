import * as z from "zod";

/** A full, lower-case SHA-1 commit id. */
export const commitShaSchema = z
  .string()
  .regex(/^[0-9a-f]{40}$/, "must be a full 40 digit commit id")
  .brand<"CommitSha">();
export type CommitSha = z.infer<typeof commitShaSchema>;
