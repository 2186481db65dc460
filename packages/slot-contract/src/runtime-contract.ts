import * as z from "zod";
import { OperatorError } from "./operator-error.ts";

const MAX_PORT_OFFSET = 10_000;
export const MAX_SLOTS = 99;

const absolutePath = z
  .string()
  .regex(/^\/([A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*)?$/, "must be an absolute path of plain characters")
  .refine((path) => !path.split("/").includes(".."), "must not contain ..");

export const runtimeContractSchema = z.strictObject({
  /** Directory that stands for `/` in every derived path; an embedded installation lives wholly below it. */
  root: absolutePath.default("/"),
  /** How many slots this host has. The only place the number is written. */
  slotCount: z.int().min(1).max(MAX_SLOTS).default(3),
  /** Added to every port, so that two embedded installations can share one host. */
  portOffset: z.int().min(0).max(MAX_PORT_OFFSET).default(0),
});

/** Everything a host's names, ports and paths derive from. */
export type RuntimeContract = Readonly<z.infer<typeof runtimeContractSchema>>;
export type RuntimeContractInput = z.input<typeof runtimeContractSchema>;

/**
 * Checks a contract and fills in the documents' defaults.
 *
 * @throws OperatorError `invalid_contract`, naming every field that is wrong.
 */
export function defineContract(input: RuntimeContractInput = {}): RuntimeContract {
  const parsed = runtimeContractSchema.safeParse(input);
  if (parsed.success) return Object.freeze(parsed.data);
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  throw new OperatorError("invalid_contract", `The runtime contract is wrong: ${problems}.`, {
    hint: "Correct the named fields and run the command again.",
  });
}
