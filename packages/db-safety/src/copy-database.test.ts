import { expect, test } from "vitest";
import { bytesNeeded, chooseStrategy, copyDatabase, type CopyFacts } from "./copy-database.ts";
import type { Session } from "./session.ts";

const MB = 1024 * 1024;
const facts = (bytes: number, serverVersion = 150_000, fileCopyMethod: string | null = null): CopyFacts => ({
  bytes,
  serverVersion,
  fileCopyMethod,
});

test.each<[string, CopyFacts, string]>([
  ["a small database", facts(12 * MB), "wal_log"],
  ["one just below 100 MB", facts(100 * MB - 1), "wal_log"],
  ["one of 100 MB", facts(100 * MB), "file_copy"],
  ["a large one", facts(1_700 * MB), "file_copy"],
  ["a small one on a file system that shares blocks", facts(12 * MB, 180_000, "clone"), "file_copy"],
  ["a small one on PostgreSQL 18 that copies", facts(12 * MB, 180_000, "copy"), "wal_log"],
  ["a setting that an older server does not know", facts(12 * MB, 170_000, "clone"), "wal_log"],
])("%s is copied with the cheaper strategy", (_, given, strategy) => {
  expect(chooseStrategy(given)).toBe(strategy);
});

test("a copy through the WAL needs its size twice, and either leaves the server some of the disk", () => {
  expect(bytesNeeded(facts(10 * MB))).toBe(532 * MB);
  expect(bytesNeeded(facts(200 * MB))).toBe(712 * MB);
});

test.each([
  ["where it fits", 532 * MB, true],
  ["where it does not", 532 * MB - 1, false],
  ["where nobody can tell", undefined, true],
])("a copy is made %s", async (_, free, isMade) => {
  const sent: string[] = [];
  const owner = {
    run: () => {
      sent.push("");
      return Promise.resolve([{ bytes: String(10 * MB), version: "150000", method: null }]);
    },
  } as unknown as Session;
  const copying = copyDatabase(owner, { server: { freeBytes: () => Promise.resolve(free) }, from: "a", to: "b" });
  if (isMade) await copying;
  else
    await expect(copying).rejects.toMatchObject({
      code: "disk_full",
      message: "A copy of a as b needs 532 MB of the disk, of which 532 MB are free.",
    });
  expect(sent).toHaveLength(isMade ? 2 : 1);
});
