import { OperatorError } from "@oroboros/slot-contract";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ApiEnv } from "./acting.ts";

const MAX_BODY_BYTES = 1_048_576;
const JSON_TYPE = /^application\/json\s*(;.*)?$/i;

/**
 * Refuses a body that is too large, before it is read where it says so, and one that says it is no JSON.
 *
 * @throws OperatorError `body_too_large`, `unsupported_media_type`.
 */
export const guardBody: MiddlewareHandler<ApiEnv>[] = [
  async (c, next) => {
    const type = c.req.header("content-type");
    const isEmpty = c.req.header("content-length") === "0";
    if (["GET", "HEAD", "OPTIONS"].includes(c.req.method) || type === undefined || isEmpty || JSON_TYPE.test(type)) {
      return next();
    }
    throw new OperatorError(
      "unsupported_media_type",
      `A body of ${JSON.stringify(type.slice(0, 80))} is not read here.`,
      {
        hint: "Send JSON, with the header: content-type: application/json",
      },
    );
  },
  bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new OperatorError("body_too_large", `The body is larger than ${MAX_BODY_BYTES} bytes.`, {
        hint: "Send less: a prompt has at most 20,000 characters.",
      });
    },
  }),
];
