import * as z from "zod";

export const runIdSchema = z.uuid("must be a run id (a UUID)").brand<"RunId">();
export type RunId = z.infer<typeof runIdSchema>;
