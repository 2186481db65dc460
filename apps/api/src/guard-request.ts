import { apiPort, OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import type { MiddlewareHandler } from "hono";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/**
 * Refuses what a browser could be made to send: a foreign `Host` (DNS rebinding), and an unsafe method whose `Origin` is not
 * the api's own.
 *
 * @throws OperatorError `host_refused`, `origin_refused`.
 */
export function guardRequest(contract: RuntimeContract): MiddlewareHandler {
  const hosts = ["127.0.0.1", "localhost"].map((name) => `${name}:${apiPort(contract)}`);
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!hosts.includes(host)) {
      throw new OperatorError(
        "host_refused",
        `The api does not answer for host ${JSON.stringify(host.slice(0, 80))}.`,
        {
          hint: `Use http://${hosts[0]}.`,
        },
      );
    }
    const origin = c.req.header("origin");
    if (origin !== undefined && origin !== `http://${host}` && !SAFE_METHODS.includes(c.req.method)) {
      throw new OperatorError(
        "origin_refused",
        `A page of ${JSON.stringify(origin.slice(0, 80))} may not change anything here.`,
        {
          hint: "Use the operator's page, the command line, or a client of your own.",
        },
      );
    }
    await next();
  };
}
