import { findToken, type Store } from "@oroboros/control-store";
import { hashToken } from "@oroboros/host/read-only";
import { includesRole, OperatorError, type Role } from "@oroboros/slot-contract";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv, Principal } from "./acting.ts";

const BEARER = /^Bearer +(\S.*)$/i;
const TOKEN = /^[A-Za-z0-9_-]{20,200}$/;
const HOW_TO_GET_ONE = "Make a token with: oroboros token create --role operator --label <who>";

/**
 * Lets a request through whose bearer token has at least this role.
 *
 * @throws OperatorError `not_authenticated`, `role_required`.
 */
export function authenticate(store: Store, needed: Role): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const [, token] = BEARER.exec(c.req.header("authorization") ?? "") ?? [];
    const known = token !== undefined && TOKEN.test(token) ? await findToken(store, hashToken(token)) : undefined;
    const principal: Principal | undefined = known && {
      name: `token:${known.tokenId}:${known.label}`,
      label: known.label,
      role: known.role,
      source: "token",
    };
    if (principal === undefined) {
      const problem = token === undefined ? "The request has no bearer token." : "The bearer token is not known here.";
      throw new OperatorError("not_authenticated", problem, { hint: HOW_TO_GET_ONE });
    }
    if (!includesRole(principal.role, needed)) {
      throw new OperatorError(
        "role_required",
        `This needs the role ${needed}; the token "${principal.label}" is ${principal.role}.`,
        {
          hint: HOW_TO_GET_ONE,
        },
      );
    }
    c.set("principal", principal);
    await next();
  };
}
