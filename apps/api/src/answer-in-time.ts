import { OperatorError } from "@oroboros/slot-contract";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./acting.ts";

/**
 * Gives every answer a deadline. Only its beginning: a stream that has begun may go on. What answers all the same learns of it from
 * the request's signal `givenUp`.
 *
 * @throws OperatorError `request_timed_out`.
 */
export function answerInTime(deadlineMs: number): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const giveUp = new AbortController();
    c.set("givenUp", giveUp.signal);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const error = timedOut(deadlineMs);
        giveUp.abort(error);
        reject(error);
      }, deadlineMs);
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

function timedOut(deadlineMs: number): OperatorError {
  return new OperatorError("request_timed_out", `The api has no answer after ${deadlineMs / 1_000} seconds.`, {
    hint: "See whether its parts answer with: curl http://127.0.0.1:8000/health/ready - then ask again. What it changes may still happen.",
  });
}
