import * as z from "zod";

/** In small letters, as PostgreSQL writes it: ids are compared as text. */
export const runIdSchema = z.uuid("must be a run id (a UUID)").toLowerCase().brand<"RunId">();
export type RunId = z.infer<typeof runIdSchema>;
