import { execFileSync } from "node:child_process";
import { link, mkdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { aSurface, SMALL_BUILD, switchLink } from "./testing/a-surface.ts";

const DEADLINE = { deadlineMs: 60_000 };

test("files come with their types, and nothing may guess another", async () => {
  const surface = await aSurface();
  const types = {
    "a.css": "text/css; charset=utf-8",
    "a.js": "text/javascript; charset=utf-8",
    "a.svg": "image/svg+xml",
    "a.WOFF2": "font/woff2",
    "a.wasm": "application/wasm",
    "a.unheard-of": "application/octet-stream",
  };
  await surface.publish(Object.fromEntries(Object.keys(types).map((name) => [name, name])));
  for (const [name, type] of Object.entries(types)) {
    const answer = await surface.ask(`/${name}`);
    expect(answer).toMatchObject({
      status: 200,
      body: name,
      headers: { "content-type": type, "x-content-type-options": "nosniff" },
    });
  }
});

test("a page path without extension is the application, a missing file is not", async () => {
  const surface = await aSurface();
  await surface.publish({ ...SMALL_BUILD, "guide/index.html": "guide" });
  for (const path of ["/", "/?q=1", "/notes/17", "/notes/", "/assets"]) {
    expect(await surface.ask(path)).toMatchObject({ status: 200, body: SMALL_BUILD["index.html"] });
  }
  expect(await surface.ask("/guide/")).toMatchObject({ status: 200, body: "guide" });
  const missing = await surface.ask("/assets/gone-BxK3a9Qz.js");
  expect(missing).toMatchObject({
    status: 404,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
  });
  expect(JSON.parse(missing.body)).toMatchObject({ status: 404, code: "route_not_found" });
});

test("hashed assets are kept for good, everything else is asked for again", async () => {
  const surface = await aSurface();
  const names = [
    "assets/index-BxK3a9Qz.js",
    "assets/deep/logo.0f3a9c1b.svg",
    "assets/my-wonderful.png",
    "assets/a.js",
    "x-BxK3a9Qz.js",
  ];
  await surface.publish({ ...SMALL_BUILD, ...Object.fromEntries(names.map((name) => [name, "x"])) });
  const kept = await Promise.all(
    ["index.html", ...names].map(async (name) => (await surface.ask(`/${name}`)).headers["cache-control"]),
  );
  const forGood = "public, max-age=31536000, immutable";
  expect(kept).toEqual(["no-cache", forGood, forGood, "no-cache", "no-cache", "no-cache"]);
});

test("a known ETag is answered 304, and a new build has a new one", async () => {
  const surface = await aSurface();
  await surface.publish();
  const first = await surface.ask("/");
  const etag = first.headers.etag ?? "";
  for (const header of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const answer = await surface.ask("/", { headers: { "if-none-match": header } });
    expect(answer).toMatchObject({ status: 304, body: "", headers: { etag, "cache-control": "no-cache" } });
    expect(answer.headers["content-type"]).toBeUndefined();
  }
  await surface.publish();
  const second = await surface.ask("/", { headers: { "if-none-match": etag } });
  expect(second).toMatchObject({ status: 200, body: first.body });
  expect(second.headers.etag).not.toBe(etag);
});

test("a file that the next build shares keeps its ETag", async () => {
  const surface = await aSurface();
  const build = await surface.publish({ "index.html": "one" });
  const { etag } = (await surface.ask("/")).headers;
  const next = join(surface.folder, "next");
  await mkdir(next);
  await link(join(build, "index.html"), join(next, "index.html"));
  await switchLink(surface.root, next);
  expect(await surface.ask("/", { headers: { "if-none-match": etag ?? "" } })).toMatchObject({ status: 304 });
});

test("a file that is rewritten in place with the same size gets another ETag", async () => {
  const surface = await aSurface();
  const build = await surface.publish({ "index.html": "one" });
  const { etag } = (await surface.ask("/")).headers;
  const path = join(build, "index.html");
  const writtenAt = async (): Promise<bigint> => (await stat(path, { bigint: true })).mtimeNs;
  const before = await writtenAt();
  // A file system's clock moves on every few milliseconds only.
  await eventually(async () => {
    await writeFile(path, "two");
    return (await writtenAt()) !== before;
  }, DEADLINE);
  expect((await surface.ask("/")).headers.etag).not.toBe(etag);
});

test("HEAD has a GET's headers and no body", async () => {
  const surface = await aSurface();
  await surface.publish({ ...SMALL_BUILD, "empty.txt": "" });
  const { headers } = await surface.ask("/");
  const answer = await surface.ask("/", { method: "HEAD" });
  expect(answer).toMatchObject({ status: 200, body: "" });
  expect({ ...answer.headers, date: "" }).toEqual({ ...headers, date: "" });
  expect(await surface.ask("/empty.txt")).toMatchObject({ status: 200, body: "", headers: { "content-length": "0" } });
});

test("files can not be written", async () => {
  const surface = await aSurface();
  await surface.publish();
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    expect(await surface.ask("/index.html", { method })).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD" },
    });
  }
});

test.each([
  ["a dotfile", "/.env"],
  ["a dotfile in disguise", "/%2eenv"],
  ["the build's marker", "/.oroboros-surface.json"],
  ["a dot directory", "/.git/config"],
  ["a parent", "/../secret.txt"],
  ["an encoded parent", "/%2e%2e/secret.txt"],
  ["an encoded separator", "/..%2fsecret.txt"],
  ["a parent after a file", "/assets/../../secret.txt"],
  ["an encoded backslash", "/..%5csecret.txt"],
  ["a NUL", "/index.html%00.txt"],
  ["a broken escape", "/%zz.txt"],
  ["a broken escape without extension", "/%zz"],
  ["a name longer than the file system takes", `/${"x".repeat(300)}.txt`],
])("%s is not found", async (_, path) => {
  const surface = await aSurface();
  await surface.publish({ ...SMALL_BUILD, ".env": "SECRET", ".git/config": "SECRET" });
  await writeFile(join(surface.folder, "secret.txt"), "SECRET");
  const answer = await surface.ask(path);
  expect(answer.status).toBe(404);
  expect(answer.body).not.toContain("SECRET");
});

test("no link leads out of the build, as a file or as a directory", async () => {
  const surface = await aSurface();
  const build = await surface.publish();
  const outside = join(surface.folder, "outside");
  await mkdir(outside);
  await writeFile(join(outside, "secret.txt"), "SECRET");
  await symlink(join(outside, "secret.txt"), join(build, "file.txt"));
  await symlink(outside, join(build, "folder"));
  await symlink("/proc/self/environ", join(build, "environ.txt"));
  await symlink("index.html", join(build, "inside.html"));
  for (const path of ["/file.txt", "/folder/secret.txt", "/environ.txt"])
    expect((await surface.ask(path)).status).toBe(404);
  expect(await surface.ask("/inside.html")).toMatchObject({ status: 200, body: SMALL_BUILD["index.html"] });
});

test("a file swapped for a link out again and again never leaks", async () => {
  const surface = await aSurface();
  const build = await surface.publish();
  const secret = join(surface.folder, "secret.txt");
  await writeFile(secret, "SECRET");
  await writeFile(join(build, "inside.txt"), "public");
  let reading = true;
  const swap = async (): Promise<void> => {
    for (let turn = 0; reading; turn += 1)
      await switchLink(join(build, "a.txt"), turn % 2 === 0 ? secret : join(build, "inside.txt"));
  };
  const swapping = swap();
  const seen = new Set<string>();
  try {
    // Both files have to be met, or nothing was raced.
    for (let turn = 0; turn < 300 || seen.size < 2; turn += 1) seen.add((await surface.ask("/a.txt")).body.slice(0, 6));
  } finally {
    reading = false;
    await swapping;
  }
  expect(seen).not.toContain("SECRET");
  expect(seen).toContain("public");
});

test("what is no regular file is not found, and nothing waits for it", async () => {
  const surface = await aSurface();
  const build = await surface.publish();
  execFileSync("mkfifo", [join(build, "pipe.txt")]);
  await mkdir(join(build, "folder.txt"));
  expect((await surface.ask("/pipe.txt")).status).toBe(404);
  expect((await surface.ask("/folder.txt")).status).toBe(404);
});

test("before the first publish, and while the link leads nowhere, there is a small page", async () => {
  const surface = await aSurface();
  const nothing = {
    status: 503,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "retry-after": "5" },
  };
  const before = await surface.ask("/");
  expect(before).toMatchObject(nothing);
  expect(before.body).toContain("Nothing here yet");
  const build = await surface.publish();
  expect((await surface.ask("/")).status).toBe(200);
  await rm(build, { recursive: true });
  expect(await surface.ask("/")).toMatchObject(nothing);
});

test("while the link is switched 200 times, every answer is whole and from one build", async () => {
  const surface = await aSurface();
  const page = (letter: string): string => letter.repeat(200_000);
  const builds = [
    await surface.publish({ "index.html": page("a") }),
    await surface.publish({ "index.html": page("b") }),
  ];
  let switching = true;
  const bodies = new Set<string>();
  const read = async (): Promise<void> => {
    while (switching) {
      const answer = await surface.ask("/deep/link");
      expect(answer.status).toBe(200);
      bodies.add(answer.body);
    }
  };
  const readers = [read(), read()];
  for (let turn = 0; turn < 200 || bodies.size < 2; turn += 1) {
    await switchLink(surface.root, builds[turn % 2] ?? "");
    await surface.ask("/");
  }
  switching = false;
  await Promise.all(readers);
  expect(bodies).toEqual(new Set([page("a"), page("b")]));
});
