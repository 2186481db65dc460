import { createServer, type RequestListener } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { packageCacheClient } from "./package-cache.ts";

test.each([
  ["says nothing", () => undefined],
  ["begins an answer and says no more", (_, response) => void response.writeHead(200).write("{")],
] satisfies [string, RequestListener][])("a supervisor that %s is not waited for for ever", async (_what, answer) => {
  const cache = packageCacheClient({ socketPath: await listening(answer), removeDeadlineMs: 100 });
  await expect(cache.remove("a-key")).rejects.toMatchObject({
    code: "unreachable",
    message: "The supervisor has not removed the packages a-key within 0.1 s.",
  });
});

test("a removal that the supervisor answers is done, and what it refuses is its own refusal", async () => {
  const done = packageCacheClient({ socketPath: await listening((_, response) => response.end("{}")) });
  await expect(done.remove("a-key")).resolves.toBeUndefined();
  const problem = JSON.stringify({ code: "path_refused", message: "not below the cache", hint: "give a key" });
  const refusing = packageCacheClient({
    socketPath: await listening((_, response) => response.writeHead(403).end(problem)),
  });
  await expect(refusing.remove("..")).rejects.toMatchObject({ code: "path_refused" });
});

async function listening(answer: RequestListener): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "oroboros-packages-"));
  const server = createServer(answer);
  const socketPath = join(directory, "socket");
  await new Promise<void>((resolve) => void server.listen(socketPath, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });
  return socketPath;
}
