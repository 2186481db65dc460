export interface BoxRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
}

export interface BoxResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export type BoxFetch = (url: string, request?: BoxRequest) => Promise<BoxResponse>;

type Must = (argv: readonly string[], options: { input: string }) => Promise<string>;

/** Requests made by curl, which `must` runs; one that gets no answer throws with what curl says. */
export function fetchWith(must: Must): BoxFetch {
  return async (url, { method = "GET", headers = {}, body, timeoutMs = 60_000 } = {}) => {
    const named = Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
    const data = body === undefined ? [] : ["--data-binary", "@-"];
    const verb = method === "HEAD" ? ["--head"] : ["--request", method];
    const limits = ["--silent", "--show-error", "--include", "--http1.1", "--max-time", String(timeoutMs / 1000)];
    return parse(await must(["curl", ...limits, ...verb, ...named, ...data, url], { input: body ?? "" }));
  };
}

function parse(answer: string): BoxResponse {
  const end = answer.indexOf("\r\n\r\n");
  const head = answer.slice(0, end);
  // An interim answer comes before the one that counts (RFC 9110, 15.2).
  if (/^HTTP\/1\.1 1\d\d/.test(head)) return parse(answer.slice(end + 4));
  const [status = "", ...fields] = head.split("\r\n");
  const headers = new Headers();
  for (const field of fields) {
    const colon = field.indexOf(":");
    headers.append(field.slice(0, colon), field.slice(colon + 1).trim());
  }
  return { status: Number(status.split(" ")[1]), headers, body: answer.slice(end + 4) };
}
