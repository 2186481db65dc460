import * as z from "zod";

/** RFC 9457 problem details, with our stable code and what to do next. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  hint: z.string(),
  /** Path of the request. */
  instance: z.string().optional(),
  /** Names the request in the log and in the audit. */
  trace_id: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;
