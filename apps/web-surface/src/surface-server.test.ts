import { expect, test } from "vitest";
import { anUpstream, ask, askRaw, aSurface } from "./testing/a-surface.ts";

test("health names the slot and the commit of the build that is served", async () => {
  const surface = await aSurface();
  const nothing = await surface.ask("/health");
  expect(JSON.parse(nothing.body)).toEqual({
    status: "ok",
    service: "web-surface",
    slot_id: "preview-1",
    commit_sha: null,
  });
  await surface.publish();
  const published = await surface.ask("/health");
  expect(published).toMatchObject({
    status: 200,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
  expect(JSON.parse(published.body)).toMatchObject({ commit_sha: "0123456789abcdef0123456789abcdef01234567" });
});

test("health of web-main names no slot", async () => {
  const surface = await aSurface({ isMain: true });
  expect(JSON.parse((await surface.ask("/health")).body)).toEqual({
    status: "ok",
    service: "web-surface",
    slot_id: null,
    commit_sha: null,
  });
});

test("a build whose marker can not be read is not healthy", async () => {
  const surface = await aSurface();
  await surface.publish({ ".oroboros-surface.json": "{" });
  const answer = await surface.ask("/health");
  expect(JSON.parse(answer.body)).toMatchObject({ status: 500, code: "internal_error" });
  expect(surface.failures).toHaveLength(1);
});

const host = "Host: preview1.example.com\r\n";
test.each([
  ["an absolute target", `GET http://127.0.0.1:8000/api/runs HTTP/1.1\r\n${host}`],
  ["a target that looks like another host's", `GET //evil.example/api HTTP/1.1\r\n${host}`],
  ["the same with a backslash", `GET /\\evil.example/api HTTP/1.1\r\n${host}`],
  ["no path at all", `OPTIONS * HTTP/1.1\r\n${host}`],
  ["TRACE", `TRACE /api/echo HTTP/1.1\r\n${host}`],
  ["two Host headers", `GET /api/echo HTTP/1.1\r\n${host}Host: evil.example\r\n`],
  ["no Host header", "GET /api/echo HTTP/1.1\r\n"],
  ["two lengths", `POST /api/echo HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n`],
  ["a length and a coding", `POST /api/echo HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n`],
  ["a coding that is not ours to undo", `POST /api/echo HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n`],
])("%s is refused with 400 and reaches no upstream", async (_, head) => {
  const reached: unknown[] = [];
  const apiPort = await anUpstream((request, response) => {
    reached.push(request.url);
    response.end();
  });
  const { port } = await aSurface({ apiPort });
  expect(await askRaw(port, `${head}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  expect(reached).toEqual([]);
});

test("CONNECT opens no tunnel", async () => {
  const { port } = await aSurface();
  expect(await askRaw(port, "CONNECT 127.0.0.1:8000 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n")).not.toMatch(
    /^HTTP\/1\.1 2/,
  );
});

test("a WebSocket is declined, an upgrade to anything else ignored", async () => {
  const apiPort = await anUpstream((request, response) => response.end(request.headers.upgrade ?? "none"));
  const { port } = await aSurface({ apiPort });
  const upgrade = (protocol: string): Record<string, string> => ({ connection: "upgrade", upgrade: protocol });
  const declined = await ask(port, "/api/live", { headers: upgrade("websocket") });
  expect(JSON.parse(declined.body)).toMatchObject({ status: 501, code: "invalid_request" });
  expect(await ask(port, "/api/live", { headers: upgrade("h2c") })).toMatchObject({ status: 200, body: "none" });
});
