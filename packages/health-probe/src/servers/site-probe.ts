import { healthy, unhealthy, type Probe, type ProbeAnswer } from "../probe.ts";
import { exchange, type Address, type Connect } from "./exchange.ts";

export interface SiteAnswer {
  readonly status: number;
  /** At most the first 64 KiB. */
  readonly body: string;
}

/**
 * Asks one address for a path, as the site that `site` names: `fetch` sends no `Host` but the URL's own, and loads 16 MB to do so. Content
 * with any 2xx answer, or any that `accepts` lets pass, that `judge` has nothing against. Follows no redirect.
 *
 * @param probe.target how the site is called in the detail.
 * @param probe.judge says what is wrong with the answer, or undefined where nothing is.
 */
export function siteProbe(
  probe: Address & {
    name: string;
    target: string;
    path: string;
    site: string;
    connect: Connect;
    accepts?: (status: number) => boolean;
    judge?: (answer: SiteAnswer) => string | undefined;
  },
): Probe {
  const { name, host, port, connect, target } = probe;
  const read = (received: Uint8Array, isWhole: boolean): ProbeAnswer | undefined => {
    const answer = answerIn(new TextDecoder().decode(received), isWhole);
    if (answer === "unfinished") return undefined;
    if (answer === "foreign") return unhealthy(`${target} answered something that is not HTTP`);
    const objection = objectionTo(answer, probe.accepts ?? isSuccess) ?? probe.judge?.(answer);
    return objection === undefined
      ? healthy(`${target} answered ${answer.status}`)
      : unhealthy(`${target} ${objection}`);
  };
  const send = new TextEncoder().encode(requestFor(probe));
  return { name, check: (signal) => exchange({ host, port, connect, target, send, read }, signal) };
}

/** HTTP/1.0, in which every answer ends with its length or the connection (RFC 1945). */
function requestFor({ path, site }: { path: string; site: string }): string {
  const { pathname, search, host } = new URL(`http://${site}${path}`);
  return `GET ${pathname}${search} HTTP/1.0\r\nHost: ${host}\r\nConnection: close\r\nUser-Agent: oroboros\r\nAccept: */*\r\n\r\n`;
}

type Read = SiteAnswer & { location: string | undefined };

function answerIn(text: string, isWhole: boolean): Read | "unfinished" | "foreign" {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return isWhole && text !== "" ? "foreign" : "unfinished";
  const head = text.slice(0, end);
  const status = Number(/^HTTP\/1\.[01] ([1-5][0-9][0-9])(?: |\r|$)/.exec(head)?.[1]);
  if (Number.isNaN(status)) return "foreign";
  // Hints that come before the answer.
  if (status < 200) return answerIn(text.slice(end + 4), isWhole);
  const header = (name: string): string | undefined => new RegExp(`^${name}: *(.*?) *$`, "im").exec(head)?.[1];
  const body = text.slice(end + 4);
  const length = Number(header("content-length"));
  const isComplete = isWhole || (!Number.isNaN(length) && new TextEncoder().encode(body).length >= length);
  return isComplete ? { status, body, location: header("location") } : "unfinished";
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

function objectionTo({ status, location }: Read, accepts: (status: number) => boolean): string | undefined {
  const isRedirect = status >= 300 && status < 400;
  if (!isRedirect) return accepts(status) ? undefined : `answered ${status}`;
  return `answered ${status}${location === undefined ? "" : ` to ${location}`}; redirects are not followed`;
}
