import * as z from "zod";
import { ENDING_CODES, FAILURE_CODES } from "../reason-code.ts";
import { RUN_STATES, type RunState } from "../run-state.ts";

const ENDINGS: readonly RunState[] = ["failed", "canceled", "expired"];
const MAX_EXTENSION_HOURS = 720;

/** Body of `POST /api/runs/{id}/transition`. A reason code is required with `failed` and refused with a forward transition. */
export const transitionRunRequestSchema = z
  .strictObject({
    to_status: z.enum(RUN_STATES),
    failure_reason_code: z.enum([...FAILURE_CODES, ...ENDING_CODES]).optional(),
  })
  .superRefine(({ to_status, failure_reason_code }, context) => {
    const problem =
      to_status === "failed" && failure_reason_code === undefined
        ? "is required with failed"
        : !ENDINGS.includes(to_status) && failure_reason_code !== undefined
          ? "belongs to an ending only"
          : undefined;
    if (problem !== undefined) context.addIssue({ code: "custom", path: ["failure_reason_code"], message: problem });
  });

const reason = z
  .string()
  .regex(/^[^\0]*$/, "must not contain the character NUL")
  .trim()
  .min(1)
  .max(2_000);

/** Body of `POST /api/runs/{id}/expire`, which may also be empty. */
export const expireRunRequestSchema = z.strictObject({ reason: reason.optional() }).optional();

/** Body of `POST /api/runs/{id}/extend`: how much longer a preview under review keeps its slot. */
export const extendRunRequestSchema = z.strictObject({ hours: z.int().min(1).max(MAX_EXTENSION_HOURS) });

/** Where in an application a run was asked for; kept with the run for whoever carries it out. */
export const runContextSchema = z.strictObject({
  route: z.string().max(2_000).optional(),
  page_title: z.string().max(500).optional(),
  element_hint: z.string().max(2_000).optional(),
  note: z.string().max(20_000).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
