import { mkdirSync, writeFileSync } from "node:fs";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { ownRelease } from "./own-release.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const MANIFEST = {
  release_id: COMMIT,
  commit_sha: COMMIT,
  tree_sha: COMMIT,
  built_at: "2026-11-21T10:00:00Z",
  contract_hash: "ab".repeat(32),
  migrations: { last: "0001", incompatible: false },
  files: {},
};

test("a release's command tells the commit it was made from", async () => {
  await withTempDir(async (release) => {
    mkdirSync(`${release}/apps`);
    expect(await ownRelease(`${release}/apps`)).toBeUndefined();
    writeFileSync(`${release}/release.json`, JSON.stringify(MANIFEST));
    expect(await ownRelease(`${release}/apps`)).toBe(COMMIT);
  });
});
