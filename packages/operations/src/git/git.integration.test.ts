import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commitShaSchema, defineContract, repoPath, type CommitSha } from "@oroboros/slot-contract";
import { scratchGitRepo, withTempDir, type ScratchGitRepo } from "@oroboros/test-support";
import { tinyApp } from "@oroboros/test-runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandedApp } from "../testing/commanded-app.ts";
import { readBaseTemplate } from "./base-template.ts";
import { findSeeds } from "./find-seeds.ts";
import { readFileAt, readManifest, readSqlFiles, requireDirectory } from "./read-source.ts";
import { resolveCommit } from "./resolve-commit.ts";
import { runGit } from "./run-git.ts";
import { openSourceReader, type SourceReader } from "./source-reader.ts";

let repo: ScratchGitRepo;
let gitDir: string;
let source: SourceReader;
let first: CommitSha;
let onBranch: CommitSha;

beforeAll(async () => {
  repo = await scratchGitRepo();
  gitDir = join(repo.path, ".git");
  source = openSourceReader(gitDir);
  first = commitShaSchema.parse(await repo.commit(tinyApp(), "the application"));
  await repo.git("checkout", "--quiet", "-b", "feature/banner");
  onBranch = commitShaSchema.parse(await repo.commit({ "web/banner.txt": "new" }, "a banner"));
  await repo.git("checkout", "--quiet", "main");
});

afterAll(() => repo[Symbol.asyncDispose]());

/** Objects are written without files: what these tests are about is large. */
const written = (args: string[], input: string): string =>
  execFileSync("git", [`--git-dir=${gitDir}`, ...args], { input, encoding: "utf8" }).trim();
const blobOf = (text: string): string => written(["hash-object", "-w", "--stdin"], text);
/** All of them by one git. */
function blobsOf(files: { name: string; sql: string }[]): Record<string, string> {
  const directory = mkdtempSync(join(gitDir, "blobs-"));
  for (const { name, sql } of files) writeFileSync(join(directory, name), sql);
  const paths = files.map(({ name }) => `${join(directory, name)}\n`).join("");
  const oids = written(["hash-object", "-w", "--no-filters", "--stdin-paths"], paths).split("\n");
  return Object.fromEntries(files.map(({ name }, index) => [name, oids[index] ?? ""]));
}
const treeOf = (kind: string, entries: Record<string, string>): string => {
  const lines = Object.entries(entries).map(([name, oid]) => `${kind} ${oid}\t${name}\n`);
  return written(["mktree"], lines.join(""));
};
const commitOf = (tree: string): CommitSha => {
  const author = ["-c", "user.name=a", "-c", "user.email=a@localhost"];
  return commitShaSchema.parse(written([...author, "commit-tree", tree, "-m", "large"], ""));
};

describe("resolveCommit", () => {
  test("a branch is its head, and neither branch nor commit is main's head", async () => {
    expect(await resolveCommit(gitDir, { branch: "feature/banner", commitSha: null })).toBe(onBranch);
    expect(await resolveCommit(gitDir, { branch: null, commitSha: null })).toBe(first);
  });

  test("a commit is itself, wherever its branch points by now", async () => {
    expect(await resolveCommit(gitDir, { branch: "feature/banner", commitSha: first })).toBe(first);
  });

  test("a tag's object is the commit it stands for", async () => {
    await repo.git("tag", "--annotate", "v1", "--message", "v1", first);
    const tag = commitShaSchema.parse(await repo.git("rev-parse", "v1"));
    expect(await resolveCommit(gitDir, { branch: null, commitSha: tag })).toBe(first);
  });

  test.each(["nowhere", "--help", "--output=/tmp/x", "", "v1", "banner"])("there is no branch %j", async (branch) => {
    const refusal = { code: "commit_not_found", message: expect.stringContaining(`Branch ${branch}`) as string };
    await expect(resolveCommit(gitDir, { branch, commitSha: null })).rejects.toMatchObject(refusal);
  });

  test("a branch that only exists elsewhere says how to push it", async () => {
    const hint = expect.stringContaining(`git push ${gitDir} nowhere`) as string;
    await expect(resolveCommit(gitDir, { branch: "nowhere", commitSha: null })).rejects.toMatchObject({ hint });
  });

  test("a commit that the repository lacks, and the id of something that is no commit, are not found", async () => {
    const tree = commitShaSchema.parse(await repo.git("rev-parse", `${first}^{tree}`));
    for (const commitSha of [commitShaSchema.parse("0".repeat(39) + "1"), tree]) {
      const refusal = { code: "commit_not_found", message: expect.stringContaining(commitSha) as string };
      await expect(resolveCommit(gitDir, { branch: "main", commitSha })).rejects.toMatchObject(refusal);
    }
  });

  test("an unknown commit says which branch to push: the one that contains it", async () => {
    const commitSha = commitShaSchema.parse("1".repeat(40));
    for (const [branch, pushed] of [[null, "<branch>"] as const, ["feature/x", "feature/x"] as const]) {
      const hint = `Push the branch that contains it with: git push ${gitDir} ${pushed}. Then publish it again, or create a new run.`;
      await expect(resolveCommit(gitDir, { branch, commitSha })).rejects.toMatchObject({ hint });
    }
  });

  test("what is no full id never gets as far as git", () => {
    for (const text of ["abc1234", "HEAD", "--all", first.toUpperCase(), `${first}^`])
      expect(commitShaSchema.safeParse(text).success).toBe(false);
  });
});

describe("reading a commit", () => {
  test("the manifest is the commit's, whatever is checked out", async () => {
    expect((await readManifest(source, onBranch)).name).toBe("tiny");
  });

  test("a commit without a manifest, or with a wrong one, is named together with what to do", async () => {
    await repo.git("checkout", "--quiet", "--orphan", "bare");
    await repo.git("rm", "--quiet", "-rf", ".");
    const without = commitShaSchema.parse(await repo.commit({ "README.md": "no application" }, "nothing"));
    const wrong = commitShaSchema.parse(await repo.commit({ "oroboros.app.json": '{"name": 7}' }, "wrong"));
    await repo.git("checkout", "--quiet", "main");
    await expect(readManifest(source, without)).rejects.toMatchObject({
      code: "invalid_manifest",
      message: `Commit ${without} has no oroboros.app.json.`,
      hint: expect.stringMatching(/docs\/app-manifest\.md.*examples\/node-app/) as string,
    });
    await expect(readManifest(source, wrong)).rejects.toMatchObject({ code: "invalid_manifest" });
  });

  test("migrations come in the order of their names, and nothing else comes", async () => {
    await repo.git("checkout", "--quiet", "-b", "migrations");
    const names = ["0010_b.sql", "0002_a.sql", "0002_B.sql", "notes.md", "deeper/0001.sql"];
    const files = Object.fromEntries(names.map((name) => [`db/${name}`, `-- ${name}`]));
    const commit = commitShaSchema.parse(await repo.commit(files, "migrations"));
    await repo.git("checkout", "--quiet", "main");
    expect(await readSqlFiles(source, commit, "db")).toEqual([
      { name: "0002_B.sql", sql: "-- 0002_B.sql" },
      { name: "0002_a.sql", sql: "-- 0002_a.sql" },
      { name: "0010_b.sql", sql: "-- 0010_b.sql" },
    ]);
  });

  test("an application without migrations has none", async () => {
    expect(await readSqlFiles(source, first, null)).toEqual([]);
  });

  test("hundreds of migrations are read by one git, whatever is in them, and not once more", async () => {
    const sql = (index: number): string =>
      ["", "\n", "-- ünïcode \u{1f40d}\0\n".repeat(index), `-- ${index}`][index % 4] ?? "";
    const files = Array.from({ length: 300 }, (_, index) => ({ name: `${1_000 + index}.sql`, sql: sql(index) }));
    const commit = commitOf(treeOf("040000 tree", { db: treeOf("100644 blob", blobsOf(files)) }));
    const started: string[] = [];
    const counting = openSourceReader(gitDir, (repository, args, options) => {
      started.push(args[0] ?? "");
      return runGit(repository, args, options);
    });
    expect(await readSqlFiles(counting, commit, "db")).toEqual(files);
    expect(await readSqlFiles(counting, commit, "db")).toEqual(files);
    expect(started).toEqual(["ls-tree", "cat-file"]);
  });

  test("migrations that are too many or too large are refused, and how many are allowed is said", async () => {
    const one = blobOf("select 1;");
    const many = Object.fromEntries(Array.from({ length: 5_001 }, (_, index) => [`${index}.sql`, one]));
    const large = blobOf("x".repeat(20 * 1024 * 1024));
    const larger = blobOf("y".repeat(20 * 1024 * 1024));
    for (const [files, what] of [
      [many, "5001 migrations, more than 5000"],
      [{ "1.sql": large, "2.sql": larger }, "more than 32 MiB of migrations"],
      [{ "1.sql": large, "2.sql": large }, "more than 32 MiB of migrations"],
    ] as const) {
      const commit = commitOf(treeOf("040000 tree", { db: treeOf("100644 blob", files) }));
      await expect(readSqlFiles(source, commit, "db")).rejects.toMatchObject({
        code: "invalid_manifest",
        message: `Commit ${commit} has ${what} in db.`,
      });
    }
  });

  test("a commit of more files than can be listed is refused as one that can not be published", async () => {
    const one = blobOf("x");
    const long = "n".repeat(180);
    const names = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${long}${index}`, one]));
    const directory = treeOf("100644 blob", names);
    const directories = Object.fromEntries(Array.from({ length: 160 }, (_, index) => [`d${index}`, directory]));
    const commit = commitOf(treeOf("040000 tree", directories));
    await expect(source.listTree(commit)).rejects.toMatchObject({
      code: "invalid_manifest",
      message: expect.stringContaining(commit) as string,
    });
  });

  test("a symbolic link among the seeds is no seed", async () => {
    const blob = blobOf("select 1;");
    const seeds = [`100644 blob ${blob}\tv1.sql`, `100755 blob ${blob}\tv2.sql`, `120000 blob ${blob}\tv3.sql`];
    const nested = ["seeds", "preview", "db", "infra"].reduce(
      (below, name) => treeOf("040000 tree", { [name]: below }),
      written(["mktree"], seeds.map((line) => `${line}\n`).join("")),
    );
    const found = findSeeds(await source.listTree(commitOf(nested)), {});
    expect(found.map(({ version }) => version)).toEqual(["v1", "v2"]);
  });

  test("a directory or file the commit lacks is refused by name", async () => {
    await expect(readSqlFiles(source, first, "nowhere")).rejects.toMatchObject({
      code: "invalid_manifest",
      message: expect.stringContaining("nowhere") as string,
    });
    await expect(readFileAt(source, first, "migrations")).rejects.toMatchObject({ code: "invalid_manifest" });
  });
});

describe("a directory that a manifest names", () => {
  const required = (path: string): Promise<void> => requireDirectory(source, first, { field: "frontend.dir", path });

  test.each(["web", "./web", "."])("%s is there", async (path) => {
    await expect(required(path)).resolves.toBeUndefined();
  });

  test.each(["frontend", "web/build.mjs"])("%s is refused with the field that names it", async (path) => {
    await expect(required(path)).rejects.toMatchObject({
      code: "invalid_manifest",
      message: `Commit ${first} has no directory ${path} (frontend.dir).`,
      hint: expect.stringContaining("set frontend.dir in oroboros.app.json") as string,
    });
  });
});

describe("the base template", () => {
  test("is main's migrations and the seed asked for: the last, a named one, or none", async () => {
    await withTempDir(async (root) => {
      const contract = defineContract({ root });
      const seeds = { v1: "seeds/v1.sql", v2: "seeds/v2.sql" };
      const app = tinyApp(({ manifest, files }) => {
        manifest.database.seeds = seeds;
        files["seeds/v2.sql"] = "-- second";
      });
      await using main = await scratchGitRepo();
      await main.commit(app, "two seeds");
      await main.git("clone", "--quiet", "--bare", main.path, repoPath(contract));
      const base = openSourceReader(repoPath(contract));
      const latest = await readBaseTemplate(base, "latest");
      expect(latest.migrations.map(({ name }) => name)).toEqual(["0001_notes.sql"]);
      expect(latest.seed).toEqual({ version: "v2", sql: "-- second" });
      expect((await readBaseTemplate(base, { version: "v1" })).seed?.version).toBe("v1");
      expect((await readBaseTemplate(base, "none")).seed).toBeNull();
      await expect(readBaseTemplate(base, { version: "v9" })).rejects.toMatchObject({
        code: "seed_not_found",
        hint: "Use one of: v1, v2; or add infra/db/preview/seeds/v9.sql on main.",
      });
    });
  });
});

describe("the base template where main migrates by a command of its own", () => {
  test("is empty, and the seed that was asked for comes later", async () => {
    await withTempDir(async (root) => {
      const contract = defineContract({ root });
      await using main = await scratchGitRepo();
      await main.commit(commandedApp(), "a tool");
      await main.git("clone", "--quiet", "--bare", main.path, repoPath(contract));
      const source = openSourceReader(repoPath(contract));
      const empty = { migrations: [], seed: null, isMigratedLater: true };
      const sql = "insert into notes values (1, 'seeded');\n";
      expect(await readBaseTemplate(source, "latest")).toEqual({ ...empty, lateSeed: { version: "v1", sql } });
      expect(await readBaseTemplate(source, "none")).toEqual({ ...empty, lateSeed: null });
      await expect(readBaseTemplate(source, { version: "v9" })).rejects.toMatchObject({ code: "seed_not_found" });
    });
  });
});

describe("the base template of an application without a database", () => {
  test("is empty: no migrations, no seed", async () => {
    await withTempDir(async (root) => {
      const contract = defineContract({ root });
      await using main = await scratchGitRepo();
      const manifest = { name: "page", frontend: {}, backend: { start: ["sh", "serve.sh"] } };
      await main.commit({ "oroboros.app.json": JSON.stringify(manifest) }, "a page");
      await main.git("clone", "--quiet", "--bare", main.path, repoPath(contract));
      const base = await readBaseTemplate(openSourceReader(repoPath(contract)), "latest");
      expect(base).toEqual({ migrations: [], seed: null, isMigratedLater: false, lateSeed: null });
    });
  });
});

describe("a repository whose own settings want to run something", () => {
  test("runs nothing: not its hooks, its monitor, its filters, nor the transport of a missing object", async () => {
    await using hostile = await scratchGitRepo();
    const dir = join(hostile.path, ".git");
    const trap = join(hostile.path, "trap");
    const sprung = join(hostile.path, "sprung");
    const commit = commitShaSchema.parse(
      await hostile.commit({ ...tinyApp(), ".gitattributes": "* filter=evil diff=evil\n" }, "x"),
    );
    await writeFile(trap, `#!/bin/sh\necho "$0 $*" >> ${sprung}\n`);
    await chmod(trap, 0o755);
    await mkdir(join(dir, "hooks"), { recursive: true });
    for (const hook of ["post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"])
      await writeFile(join(dir, "hooks", hook), `#!/bin/sh\n${trap} ${hook}\n`, { mode: 0o755 });
    for (const [name, value] of [
      ["core.fsmonitor", trap],
      ["core.pager", trap],
      ["core.sshCommand", trap],
      ["filter.evil.smudge", trap],
      ["diff.evil.textconv", trap],
      ["core.repositoryFormatVersion", "1"],
      ["extensions.partialClone", "origin"],
      ["remote.origin.promisor", "true"],
      ["remote.origin.url", `ext::${trap} %S`],
      ["protocol.ext.allow", "always"],
    ] as const)
      await hostile.git("config", name, value);
    const trapped = openSourceReader(dir);
    await readManifest(trapped, commit);
    await readSqlFiles(trapped, commit, "migrations");
    await resolveCommit(dir, { branch: "main", commitSha: null });
    // Git would fetch an object that a partial clone lacks.
    const missing = commitShaSchema.parse("1".repeat(40));
    await expect(resolveCommit(dir, { branch: null, commitSha: missing })).rejects.toMatchObject({
      code: "commit_not_found",
    });
    await expect(readFileAt(trapped, missing, "x")).rejects.toMatchObject({ code: "commit_not_found" });
    expect(existsSync(sprung)).toBe(false);
  });
});
