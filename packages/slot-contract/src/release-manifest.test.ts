import { expect, test } from "vitest";
import { parseReleaseManifest, type ReleaseManifest } from "./release-manifest.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";
const manifest = {
  release_id: SHA,
  commit_sha: SHA,
  tree_sha: "f".repeat(40),
  built_at: "2026-11-21T10:00:00.000Z",
  contract_hash: "a".repeat(64),
  migrations: { last: "0003-failure-codes", incompatible: false },
  files: { "apps/api.js": "b".repeat(64), "infra/caddy/Caddyfile": "c".repeat(64) },
};
const read = (changes: object): ReleaseManifest => parseReleaseManifest(JSON.stringify({ ...manifest, ...changes }));

test("a release's manifest reads back as it was written", () => {
  expect(read({})).toEqual(manifest);
});

test.each([
  ["release_id", { release_id: "f".repeat(40) }],
  ["commit_sha", { commit_sha: "0123456" }],
  ["contract_hash", { contract_hash: "x" }],
  ["migrations.incompatible", { migrations: { last: "0001" } }],
  ["files", { files: { "../etc/passwd": "b".repeat(64) } }],
  ["files", { files: { "/etc/passwd": "b".repeat(64) } }],
  ["files", { files: { "apps//api.js": "b".repeat(64) } }],
  ["files", { files: { "./apps": "b".repeat(64) } }],
  ["files.apps/api.js", { files: { "apps/api.js": "b" } }],
  ["the file", { more: 1 }],
])("%s is named when it is wrong: %j", (field, changes) => {
  expect(() => read(changes)).toThrow(
    expect.objectContaining({ code: "invalid_manifest", message: expect.stringContaining(`${field}`) }),
  );
});

test.each(["", "{", "null", "[]"])("%j is no manifest", (text) => {
  expect(() => parseReleaseManifest(text)).toThrow(expect.objectContaining({ code: "invalid_manifest" }));
});
