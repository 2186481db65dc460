import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { isHashedAsset } from "@oroboros/slot-contract";
import { contentType } from "./content-type.ts";
import { openBuild, openBuildFile } from "./open-build.ts";
import { sendPlaceholder } from "./placeholder.ts";
import { sendProblem } from "./problem.ts";
import { decodeFilePath } from "./request-path.ts";

const INDEX = "index.html";

/** Answers a GET or HEAD from the build that the root leads to at this moment. */
export async function serveStatic(
  request: IncomingMessage,
  response: ServerResponse,
  target: { root: string; path: string },
): Promise<void> {
  await using build = await openBuild(target.root);
  if (build === undefined) return sendPlaceholder(response);
  for (const path of candidates(target.path)) {
    await using file = await openBuildFile(build, path);
    if (file !== undefined) return await sendFile(request, response, { file, path });
  }
  sendProblem(response, 404, {
    code: "route_not_found",
    detail: `There is no file ${target.path} here.`,
    hint: "Check the path, or whether the build produced the file.",
  });
}

/** The file itself, and for a path that looks like a page of a single-page application, the application. */
function candidates(urlPath: string): string[] {
  const path = decodeFilePath(urlPath);
  if (path === undefined) return [];
  if (path === "") return [INDEX];
  if (path.endsWith("/")) return [path + INDEX, INDEX];
  return path.slice(path.lastIndexOf("/") + 1).includes(".") ? [path] : [path, INDEX];
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  found: { file: FileHandle; path: string },
): Promise<void> {
  const stats = await found.file.stat({ bigint: true });
  const etag = strongEtag(stats);
  response.setHeader("etag", etag);
  response.setHeader("cache-control", isHashedAsset(found.path) ? "public, max-age=31536000, immutable" : "no-cache");
  if (namesEtag(request.headers["if-none-match"], etag)) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, {
    "content-type": contentType(found.path),
    "content-length": String(stats.size),
    "x-content-type-options": "nosniff",
  });
  if (request.method === "HEAD" || stats.size === 0n) response.end();
  else await pipeline(found.file.createReadStream({ autoClose: false, end: Number(stats.size) - 1 }), response);
}

/**
 * A surface's file is never written again, so it has one tag in every build that links to it. Its change time would not do: each
 * such link moves it.
 */
function strongEtag(stats: BigIntStats): string {
  return `"${[stats.ino, stats.size, stats.mtimeNs].map((part) => part.toString(36)).join("-")}"`;
}

function namesEtag(header: string | undefined, etag: string): boolean {
  const tags = header?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags?.some((tag) => tag === etag || tag === "*") ?? false;
}
