import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { ApiEnv } from "./acting.ts";
import { OWN_SITES } from "./guard-request.ts";
import { isConsoleHost } from "./own-hosts.ts";

const NAME = "__Host-oroboros_session";
const ATTRIBUTES = { path: "/", secure: true, httpOnly: true, sameSite: "Strict" } as const;

/** Only https hosts have a cookie: on loopback it would be sent to every other port, previews' included. */
const hasCookies = (c: Context<ApiEnv>): boolean => isConsoleHost(c.get("access").contract, c.req.header("host") ?? "");

/** The token in the console's cookie, where the console's own page or a typed address sent it and not a page of the same site. */
export function sessionToken(c: Context<ApiEnv>): string | undefined {
  const isOwn = c.req.header("origin") !== undefined || OWN_SITES.includes(c.req.header("sec-fetch-site") ?? "");
  return hasCookies(c) && isOwn ? getCookie(c, NAME) : undefined;
}

/** Keeps a token in the browser, where the host is one that may; false where the page has to keep it itself. */
export function openSession(c: Context<ApiEnv>, token: string): boolean {
  if (hasCookies(c)) setCookie(c, NAME, token, ATTRIBUTES);
  return hasCookies(c);
}

/** False where there was no session to close. */
export function closeSession(c: Context<ApiEnv>): boolean {
  if (!hasCookies(c)) return false;
  const isOpen = getCookie(c, NAME) !== undefined;
  deleteCookie(c, NAME, ATTRIBUTES);
  return isOpen;
}
