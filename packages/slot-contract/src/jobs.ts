import * as z from "zod";
import { runIdSchema } from "./run-id.ts";

/** Wakes a worker for a run. What is to be done stands in Postgres; the job only says where to look. */
export const publishJobSchema = z.strictObject({ run_id: runIdSchema });
export type PublishJob = z.infer<typeof publishJobSchema>;
