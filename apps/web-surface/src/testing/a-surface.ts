import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, request, type IncomingHttpHeaders, type RequestListener, type RequestOptions } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { backendPort, type SlotId, slotIds } from "@oroboros/slot-contract";
import { listenLoopback } from "@oroboros/service-kit";
import { releasePortOffset, takePortOffset } from "@oroboros/test-support";
import { onTestFinished } from "vitest";
import { createSurfaceServer } from "../surface-server.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
export const SMALL_BUILD: Readonly<Record<string, string>> = {
  "index.html": "<!doctype html><title>app</title>",
  "assets/index-BxK3a9Qz.js": "console.log(1)",
  ".oroboros-surface.json": JSON.stringify({ commit_sha: COMMIT }),
};

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface SurfaceOptions {
  readonly apiPort?: number;
  readonly answerTimeoutMs?: number;
  readonly connectAttempts?: number;
  /** Web-main, and no slot's. */
  readonly isMain?: boolean;
}

/** A surface of preview-1 on a free port, with an empty place for builds and, where given, an upstream. */
export async function aSurface(options: SurfaceOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), "web-surface-"));
  const root = join(folder, "current");
  const failures: unknown[] = [];
  const server = createSurfaceServer(
    { slot: options.isMain === true ? null : firstSlot(), root, port: 0, upstreamPort: options.apiPort ?? 1 },
    { error: (failure: unknown) => failures.push(failure) },
    {
      connectAttempts: options.connectAttempts ?? 1,
      attemptEveryMs: 5,
      answerTimeoutMs: options.answerTimeoutMs ?? 60_000,
    },
  );
  const port = await listenLoopback(server, 0);
  onTestFinished(async () => {
    server.close().closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  });
  const publish = async (files = SMALL_BUILD): Promise<string> => {
    const build = await mkdtemp(join(folder, "build-"));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(build, path)), { recursive: true });
      await writeFile(join(build, path), text);
    }
    await switchLink(root, build);
    return build;
  };
  return {
    server,
    port,
    folder,
    root,
    failures,
    publish,
    ask: (path: string, more?: RequestOptions) => ask(port, path, more),
  };
}

export async function switchLink(link: string, target: string): Promise<void> {
  await symlink(target, `${link}.next`);
  await rename(`${link}.next`, link);
}

/** Sends the path exactly as written: no client's normalising in between. */
export function ask(port: number, path: string, more: RequestOptions = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, agent: false, ...more }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      incoming.once("error", reject);
      incoming.once("end", () => resolve({ status: incoming.statusCode, headers: incoming.headers, body: text }));
    });
    outgoing.once("error", reject).end(body);
  });
}

/** Writes bytes to a port and resolves to everything that comes back until the other side closes. */
export function askRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    socket
      .on("data", (chunk: string) => (text += chunk))
      .once("error", reject)
      .once("close", () => resolve(text));
    socket.write(bytes);
  });
}

/** An offset of the test's own until it ends: nobody else comes to listen on its ports while nothing does. */
export async function anOffset(): Promise<number> {
  const portOffset = await takePortOffset();
  onTestFinished(() => releasePortOffset(portOffset));
  return portOffset;
}

/** The port of a backend that is not there. */
export const aPortWithoutBackend = async (): Promise<number> =>
  backendPort({ portOffset: await anOffset() }, firstSlot());

function firstSlot(): SlotId {
  const [slot] = slotIds({ slotCount: 1 });
  if (slot === undefined) throw new Error("There is a first slot.");
  return slot;
}

/** A backend that answers by `listener`. */
export async function anUpstream(listener: (...exchange: Parameters<RequestListener>) => unknown): Promise<number> {
  const server = createServer((incoming, response) => void listener(incoming, response));
  onTestFinished(() => {
    server.close().closeAllConnections();
  });
  return listenLoopback(server, 0);
}
