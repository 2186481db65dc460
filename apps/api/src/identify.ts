import { findToken, type Store } from "@oroboros/control-store";
import { hashToken } from "@oroboros/host/read-only";
import { OperatorError, type Role, type RuntimeContract } from "@oroboros/slot-contract";
import type { Context } from "hono";
import type { ApiEnv, Principal } from "./acting.ts";
import type { FailureLimit } from "./limit-failures.ts";
import { loopbackPrincipal, peerOf } from "./loopback-identity.ts";
import { sessionToken } from "./session-cookie.ts";

/** What decides who somebody is, beside the tokens. */
export interface Access {
  contract: RuntimeContract;
  /** Whether the host's operators pass without a token on loopback. */
  loopbackIdentity: boolean;
  failures: FailureLimit;
}

const BEARER = /^Bearer +(\S.*)$/i;
const TOKEN = /^[A-Za-z0-9_-]{20,200}$/;

export const HOW_TO_GET_ONE = howToGetOne("<role>");

/**
 * Who sent a request: the holder of its bearer token, of the console's session cookie, or the host's own operator on loopback.
 * Failing is counted by whom it comes from; whoever proves who he is passes whatever others, or he himself, did before.
 *
 * @throws OperatorError `not_authenticated`, `rate_limited`.
 */
export async function identify(c: Context<ApiEnv>, store: Store): Promise<Principal> {
  const token = bearerToken(c) ?? sessionToken(c);
  const principal = token === undefined ? await loopbackPrincipal(c) : await principalOfToken(store, token);
  if (principal !== undefined) return principal;
  const problem = token === undefined ? "The request has no bearer token." : "The bearer token is not known here.";
  throw await refusal(c, new OperatorError("not_authenticated", problem, { hint: HOW_TO_GET_ONE }));
}

/** Who holds this token; undefined for one we never made, or that was revoked. */
export async function principalOfToken(store: Store, token: string): Promise<Principal | undefined> {
  const holder = TOKEN.test(token) ? await findToken(store, hashToken(token)) : undefined;
  if (holder === undefined) return undefined;
  const { tokenId, label, role } = holder;
  return { name: `token:${tokenId}:${label}`, label, role, source: "token" };
}

/** Counts a failure of whoever sent this, and turns it into `rate_limited` where there were too many. */
export async function refusal(c: Context<ApiEnv>, error: OperatorError): Promise<OperatorError> {
  const peer = await peerOf(c);
  return (peer === undefined ? undefined : c.get("access").failures.count(peer)) ?? error;
}

const bearerToken = (c: Context<ApiEnv>): string | undefined => BEARER.exec(c.req.header("authorization") ?? "")?.[1];

/** What to type for a token that may do what was asked for. */
export function howToGetOne(role: Role | "<role>"): string {
  return `Make a token with: oroboros token create --role ${role} --label <who>; send it as: Authorization: Bearer <token>`;
}
