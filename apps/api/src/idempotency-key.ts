import { IDEMPOTENCY_KEY_HEADER, idempotencyKeySchema, OperatorError } from "@oroboros/slot-contract";
import type { Context } from "hono";

/**
 * What the sender calls this request, should it come again; undefined where he does not say.
 *
 * @throws OperatorError `invalid_request` for what is no key: a sender that relies on one would not be told otherwise.
 */
export function idempotencyKeyOf(c: Context): string | undefined {
  const header = c.req.header(IDEMPOTENCY_KEY_HEADER);
  if (header === undefined) return undefined;
  const key = idempotencyKeySchema.safeParse(header);
  if (key.success) return key.data;
  const problem = `The request can not be used: ${IDEMPOTENCY_KEY_HEADER} must be 1 to 200 visible ASCII characters.`;
  throw new OperatorError("invalid_request", problem, { hint: "Send one key, a new UUID for each new run." });
}
