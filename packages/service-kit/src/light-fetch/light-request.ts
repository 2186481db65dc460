import { isText, LightBody, type BodyInit } from "./light-body.ts";
import { LightHeaders, type HeadersInit } from "./light-headers.ts";

export interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit;
  signal?: AbortSignal | null;
}

/** The fetch standard writes these in capitals however they came, and leaves every other method as it is. */
const NORMALIZED = /^(delete|get|head|options|post|put)$/i;

/** The fetch standard's `Request`, as a server is given one. */
export class LightRequest extends LightBody {
  readonly method: string;
  readonly url: string;
  readonly headers: LightHeaders;
  readonly signal: AbortSignal;

  constructor(input: string | URL | LightRequest, init: RequestInit = {}) {
    const given = input instanceof LightRequest ? input : undefined;
    const method = init.method ?? given?.method ?? "GET";
    const upper = NORMALIZED.test(method) ? method.toUpperCase() : method;
    const hasBody = init.body !== null && init.body !== undefined;
    if (hasBody && (upper === "GET" || upper === "HEAD")) throw new TypeError(`${upper} has no body`);
    super(hasBody ? init.body : given?.body);
    this.method = upper;
    this.url = given === undefined ? new URL(String(input)).href : given.url;
    this.headers = new LightHeaders(init.headers ?? given?.headers);
    this.signal = init.signal ?? given?.signal ?? new AbortController().signal;
    if (isText(init.body) && !this.headers.has("content-type")) {
      this.headers.set("content-type", "text/plain;charset=UTF-8");
    }
  }

  clone(): LightRequest {
    return new LightRequest(this, { body: this.copied() });
  }
}
