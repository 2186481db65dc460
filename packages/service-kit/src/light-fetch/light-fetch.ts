import type { ClientRequest, IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { LightHeaders } from "./light-headers.ts";
import { LightRequest, type RequestInit } from "./light-request.ts";
import { isWithoutBody, LightResponse } from "./light-response.ts";

const { request } = process.getBuiltinModule("node:http");

/**
 * `fetch` for a process that only asks its neighbours on loopback, over `node:http` and without undici, 16 MB of it. It follows no
 * redirect, reads no other scheme, takes nothing that is compressed and makes a connection for each request, so that a neighbour that
 * starts anew is never asked on an old one. Fails as Node's does: a `TypeError` with its cause, or the reason of the signal.
 */
export const lightFetch = ask as unknown as typeof fetch;

async function ask(input: string | URL, init: RequestInit & { redirect?: string } = {}): Promise<LightResponse> {
  if (init.redirect !== "manual") throw new Error("a redirect is never followed here: ask with redirect manual");
  const { url, method, headers, signal } = new LightRequest(input, init);
  signal.throwIfAborted();
  try {
    const asking = request(url, { method, headers: Object.fromEntries(headers), signal, agent: false });
    return toResponse(await answerTo(asking.end(init.body ?? undefined)));
  } catch (error) {
    signal.throwIfAborted();
    throw new TypeError("fetch failed", { cause: error });
  }
}

function answerTo(asking: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // What breaks after the answer has begun is an error of its body as well.
    asking.on("error", reject).once("response", resolve);
    // Neither of the two follows, and the signal no longer reaches the connection.
    asking.once("upgrade", (_answer, socket) => {
      socket.destroy();
      reject(new Error("the answer changes the protocol"));
    });
  });
}

function toResponse(incoming: IncomingMessage): LightResponse {
  const { statusCode: status = 0, statusMessage: statusText = "", rawHeaders } = incoming;
  const headers = new LightHeaders();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  const hasBody = !isWithoutBody(status);
  if (!hasBody) incoming.resume();
  const body = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null;
  return new LightResponse(body, { status, statusText, headers });
}
