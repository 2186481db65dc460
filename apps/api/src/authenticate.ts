import type { Store } from "@oroboros/control-store";
import { includesRole, OperatorError, type Role } from "@oroboros/slot-contract";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./acting.ts";
import { howToGetOne, identify } from "./identify.ts";

/**
 * Lets a request through whose sender has at least this role.
 *
 * @throws OperatorError `not_authenticated`, `rate_limited`, `role_required`.
 */
export function authenticate(store: Store, needed: Role): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const principal = await identify(c, store);
    if (!includesRole(principal.role, needed)) {
      throw new OperatorError(
        "role_required",
        `This needs the role ${needed}; the token "${principal.label}" is ${principal.role}.`,
        { hint: howToGetOne(needed) },
      );
    }
    c.set("principal", principal);
    await next();
  };
}
