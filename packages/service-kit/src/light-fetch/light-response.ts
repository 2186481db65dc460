import { isText, LightBody, type BodyInit } from "./light-body.ts";
import { LightHeaders, type HeadersInit } from "./light-headers.ts";

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

/** No answer with one of these has a body. */
export const isWithoutBody = (status: number): boolean => [101, 103, 204, 205, 304].includes(status);

/** The fetch standard's `Response`, as a server makes one. */
export class LightResponse extends LightBody {
  readonly status: number;
  readonly statusText: string;
  readonly headers: LightHeaders;
  readonly type = "default";
  readonly url = "";
  readonly redirected = false;

  constructor(body?: BodyInit, { status = 200, statusText = "", headers }: ResponseInit = {}) {
    if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`${status} is no status`);
    if (body !== null && body !== undefined && isWithoutBody(status)) {
      throw new TypeError(`an answer with status ${status} has no body`);
    }
    super(body);
    this.status = status;
    this.statusText = statusText;
    this.headers = new LightHeaders(headers);
    if (isText(body) && !this.headers.has("content-type")) {
      this.headers.set("content-type", "text/plain;charset=UTF-8");
    }
  }

  static json(value: unknown, init: ResponseInit = {}): LightResponse {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError("the value is not JSON");
    const headers = new LightHeaders(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new LightResponse(text, { ...init, headers });
  }

  get ok(): boolean {
    return this.status < 300;
  }

  clone(): LightResponse {
    return new LightResponse(this.copied(), this);
  }
}
