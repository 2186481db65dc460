import { LightHeaders } from "./light-headers.ts";
import { LightRequest } from "./light-request.ts";
import { LightResponse } from "./light-response.ts";

/**
 * Puts light classes in the place of Node's `Headers`, `Request` and `Response`, of which the first one that is touched loads all of
 * undici: 40 ms and 16 MB in a process that answers requests and sends none. `fetch` stays Node's and works with its own.
 */
export function installLightFetch(): void {
  // Assigned and not defined: V8 first reads what a definition replaces, and that loads it.
  Object.assign(globalThis, {
    Headers: LightHeaders,
    Request: LightRequest,
    Response: LightResponse,
    // The adaptor looks whether Node has one, for the WebSockets that it could serve.
    CloseEvent: undefined,
  });
}
