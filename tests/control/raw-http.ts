import { connect } from "node:net";

/** What came back for the bytes of one connection; `undefined` where no answer can be read from them. */
export interface Answer {
  status: number;
  headers: ReadonlyMap<string, string>;
  body: string;
}

const DEADLINE_MS = 60_000;
/** How long a server may wait for the rest of a request that lacks one, before it is told that none follows. */
const PATIENCE_MS = 150;

/** Sends bytes on a connection of their own and reads until `isWhole`, or until the other end closes. */
export function exchange(
  port: number,
  bytes: Buffer,
  { isWhole, mayLackTheRest }: { isWhole: (text: string) => boolean; mayLackTheRest: boolean },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error(`nothing more came in ${DEADLINE_MS} ms`)));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (isWhole(text)) socket.destroy();
    });
    socket.once("error", (error: NodeJS.ErrnoException) =>
      // Whoever refuses a body while it is still sent may cut it off; what was answered before has arrived.
      error.code === "EPIPE" || error.code === "ECONNRESET" ? resolve(text) : reject(error),
    );
    const tellTheEnd = mayLackTheRest ? setTimeout(() => socket.end(), PATIENCE_MS) : undefined;
    socket.once("close", () => {
      clearTimeout(tellTheEnd);
      resolve(text);
    });
    socket.write(bytes);
  });
}

/** The first final answer in what came back; whole without a length only once the connection is closed. */
export function readAnswer(text: string, method: string, isClosed: boolean): Answer | undefined {
  const end = text.indexOf("\r\n\r\n");
  const [line = "", ...lines] = text.slice(0, Math.max(end, 0)).split("\r\n");
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d)( [ -~]*)?$/.exec(line)?.[1]);
  const headers = new Map(lines.map((header) => splitHeader(header)));
  if (end === -1 || Number.isNaN(status) || headers.has("")) return undefined;
  const rest = text.slice(end + 4);
  if (status < 200) return readAnswer(rest, method, isClosed);
  const isEmpty = method === "HEAD" || status === 204 || status === 304;
  const body = isEmpty ? "" : bodyOf(rest, headers, isClosed);
  return body === undefined ? undefined : { status, headers, body };
}

function splitHeader(header: string): [name: string, value: string] {
  const [, name = "", value = ""] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([^\r\n]*)$/.exec(header) ?? [];
  return [name.toLowerCase(), value];
}

function bodyOf(rest: string, headers: ReadonlyMap<string, string>, isClosed: boolean): string | undefined {
  // A stream may go on for ever.
  if (headers.get("content-type")?.startsWith("text/event-stream") === true) return "";
  if (headers.get("transfer-encoding") === "chunked") return unchunk(rest);
  const length = headers.get("content-length");
  if (length === undefined) return isClosed ? rest : undefined;
  return rest.length >= Number(length) ? rest.slice(0, Number(length)) : undefined;
}

function unchunk(rest: string): string | undefined {
  let body = "";
  for (let at = 0; ;) {
    const size = /^([0-9a-f]+)\r\n/i.exec(rest.slice(at, at + 20));
    if (size?.[1] === undefined) return undefined;
    const length = Number.parseInt(size[1], 16);
    if (length === 0) return body;
    body += rest.slice(at + size[0].length, at + size[0].length + length);
    at += size[0].length + length + 2;
  }
}
