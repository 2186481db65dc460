import * as z from "zod";
import { ENDING_CODES, FAILURE_CODES, type ReasonCode } from "../reason-code.ts";
import { RUN_STATES, type RunState } from "../run-state.ts";

const CODES_OF: Partial<Record<RunState, readonly ReasonCode[]>> = {
  failed: FAILURE_CODES,
  canceled: ["AGENT_CANCELED"],
  expired: ["PREVIEW_EXPIRED"],
};
const MAX_EXTENSION_HOURS = 720;

/** Body of `POST /api/runs/{id}/transition`. A reason code is required with `failed` and refused with a forward transition. */
export const transitionRunRequestSchema = z
  .strictObject({
    to_status: z.enum(RUN_STATES),
    failure_reason_code: z.enum([...FAILURE_CODES, ...ENDING_CODES]).optional(),
  })
  .superRefine(({ to_status, failure_reason_code }, context) => {
    const message = codeProblem(to_status, failure_reason_code);
    if (message !== undefined) context.addIssue({ code: "custom", path: ["failure_reason_code"], message });
  });
export type TransitionRunRequest = z.infer<typeof transitionRunRequestSchema>;

function codeProblem(to: RunState, code: ReasonCode | undefined): string | undefined {
  if (code === undefined) return to === "failed" ? "is required with failed" : undefined;
  const codes = CODES_OF[to];
  if (codes === undefined) return "belongs to an ending only";
  return codes.includes(code) ? undefined : `must be ${codes.join(", ")} with ${to}`;
}

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
