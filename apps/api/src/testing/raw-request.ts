import { connect, type AddressInfo, type Socket } from "node:net";
import type { Server } from "node:http";

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** The problem's code, where the answer is one. */
  code: string | undefined;
}

/** Sends these bytes, a text's being its characters, to a server on a connection of their own, and reads until it closes or a whole answer is there. */
export async function rawRequest(port: number, bytes: string): Promise<RawAnswer> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes, "latin1");
  try {
    return parseAnswer(await answerOn(socket));
  } finally {
    socket.destroy();
  }
}

/** A request without what fetch adds: a head from its lines, and a body. */
export function requestText(line: string, headers: Record<string, string>, body = ""): string {
  const sent = {
    host: "127.0.0.1:8000",
    ...(body === "" ? {} : { "content-length": body.length }),
    ...headers,
  };
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return (server.address() as AddressInfo).port;
}

function answerOn(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (isWhole(text)) resolve(text);
    });
    socket.once("end", () => resolve(text));
    socket.once("error", reject);
  });
}

function isWhole(text: string): boolean {
  const head = text.indexOf("\r\n\r\n");
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1];
  return head !== -1 && length !== undefined && text.length >= head + 4 + Number(length);
}

function parseAnswer(text: string): RawAnswer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [line = "", ...lines] = head.split("\r\n");
  const headers = Object.fromEntries(
    lines.map((header) => {
      const colon = header.indexOf(":");
      return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
    }),
  );
  const body = rest.join("\r\n\r\n");
  const isProblem = headers["content-type"] === "application/problem+json" && body !== "";
  const code = isProblem ? (JSON.parse(body) as { code: string }).code : undefined;
  return { status: Number(line.split(" ")[1] ?? 0), headers, body, code };
}
