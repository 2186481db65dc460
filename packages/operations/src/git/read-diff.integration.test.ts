import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commitShaSchema } from "@oroboros/slot-contract";
import { scratchGitRepo, type ScratchGitRepo } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { readDiff, type CommitDiff } from "./read-diff.ts";

const LINES = Array.from({ length: 50 }, (_, line) => `line ${line}`).join("\n");

/** What the commit that `change` makes on a branch changes of a main with these files. */
async function diffOf(
  main: Record<string, string>,
  change: (repository: ScratchGitRepo) => Promise<string>,
): Promise<CommitDiff> {
  await using repository = await scratchGitRepo();
  await repository.commit(main, "main");
  await repository.git("checkout", "--quiet", "-b", "feature");
  const commitSha = commitShaSchema.parse(await change(repository));
  return await readDiff(join(repository.path, ".git"), commitSha);
}

test("every file is listed with what happened to it, and the patch has its lines", async () => {
  const diff = await diffOf({ "a.txt": "one\ntwo\n", "gone.txt": "x\n", "old name.txt": LINES }, async (repository) => {
    await repository.git("rm", "--quiet", "gone.txt");
    await repository.git("mv", "old name.txt", "sub-new.txt");
    return repository.commit(
      { "a.txt": "one\n2\nthree\n", "tab\there \u00e9.txt": "n\n", "blob.bin": "\0\u0001" },
      "change",
    );
  });
  expect(diff.files.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual([
    { path: "a.txt", status: "modified", additions: 2, deletions: 1 },
    { path: "blob.bin", status: "added", additions: 0, deletions: 0 },
    { path: "gone.txt", status: "deleted", additions: 0, deletions: 1 },
    { path: "sub-new.txt", status: "renamed", additions: 0, deletions: 0 },
    { path: "tab\there \u00e9.txt", status: "added", additions: 1, deletions: 0 },
  ]);
  expect(diff.patch).toContain("-two\n+2\n+three\n");
  expect(diff.truncated).toBe(false);
});

test("the base is where the branch left main, whatever main has got since", async () => {
  let left = "";
  const diff = await diffOf({ "a.txt": "a\n" }, async (repository) => {
    left = await repository.git("rev-parse", "main");
    const commit = await repository.commit({ "b.txt": "b\n" }, "mine");
    await repository.git("checkout", "--quiet", "main");
    await repository.commit({ "c.txt": "c\n" }, "another's");
    return commit;
  });
  expect(diff.base_sha).toBe(left);
  expect(diff.files.map(({ path }) => path)).toEqual(["b.txt"]);
});

test("main itself changes nothing", async () => {
  const diff = await diffOf({ "a.txt": "a\n" }, (repository) => repository.git("rev-parse", "main"));
  expect(diff).toMatchObject({ files: [], patch: "", truncated: false });
});

test("a commit that has nothing in common with main changes everything", async () => {
  const diff = await diffOf({ "a.txt": "a\n" }, async (repository) => {
    await repository.git("checkout", "--quiet", "--orphan", "alone");
    return repository.commit({ "b.txt": "b\n" }, "alone");
  });
  expect(diff.files).toEqual([
    { path: "a.txt", status: "added", additions: 1, deletions: 0 },
    { path: "b.txt", status: "added", additions: 1, deletions: 0 },
  ]);
});

test("a long patch stops at the end of a line, and says that it does", async () => {
  const long = Array.from({ length: 60_000 }, (_, line) => `line ${line}`).join("\n");
  const diff = await diffOf({ "a.txt": "a\n" }, (repository) => repository.commit({ "long.txt": long }, "long"));
  expect(diff.truncated).toBe(true);
  expect(diff.patch.startsWith("diff --git")).toBe(true);
  expect(diff.patch.endsWith("\n")).toBe(true);
  expect(diff.patch.length).toBeGreaterThan(500_000);
  expect(diff.patch.length).toBeLessThanOrEqual(512 * 1024);
  expect(diff.files).toEqual([{ path: "long.txt", status: "added", additions: 60_000, deletions: 0 }]);
});

test("of more than 3,000 files the first are listed", async () => {
  const many = Object.fromEntries(Array.from({ length: 3_001 }, (_, file) => [`f/${file}`, ""]));
  const diff = await diffOf({ "a.txt": "a\n" }, (repository) => repository.commit(many, "many"));
  expect(diff.files).toHaveLength(3_000);
  expect(diff.truncated).toBe(true);
});

test("nothing of the repository's settings or the commit's attributes is run or obeyed", async () => {
  await using repository = await scratchGitRepo();
  const [trap, sprung] = [join(repository.path, "trap"), join(repository.path, "sprung")];
  await writeFile(trap, `#!/bin/sh\necho sprung >> ${sprung}\n`);
  await chmod(trap, 0o755);
  await repository.commit({ "a.txt": "a\n" }, "main");
  await repository.git("checkout", "--quiet", "-b", "feature");
  const files = { "a.txt": "b\n", ".gitattributes": "* diff=evil\n" };
  const commitSha = commitShaSchema.parse(await repository.commit(files, "hostile"));
  for (const [name, value] of [
    ["diff.external", trap],
    ["diff.evil.command", trap],
    ["diff.evil.textconv", trap],
    ["core.pager", trap],
    ["color.ui", "always"],
  ] as const)
    await repository.git("config", name, value);
  const diff = await readDiff(join(repository.path, ".git"), commitSha);
  expect(diff.patch).toContain("-a\n+b\n");
  expect(existsSync(sprung)).toBe(false);
});
