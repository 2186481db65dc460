import { defineContract, type CommitSha, commitShaSchema } from "@oroboros/slot-contract";
import { scratchGitRepo, type ScratchGitRepo } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSourceReader } from "../git/source-reader.ts";
import { mainLockfiles } from "../packages/main-lockfiles.ts";
import { observeSource, type SourceFacts } from "./observe-source.ts";

const PNPM = ["pnpm", "install", "--frozen-lockfile"];
const PAGE = {
  "oroboros.app.json": JSON.stringify({ name: "page", frontend: {}, backend: { start: ["sh", "serve.sh"] } }),
  "frontend/index.html": "a page",
  "backend/serve.sh": "exec true",
};

let repo: ScratchGitRepo;

beforeAll(async () => {
  repo = await scratchGitRepo();
  await repo.commit(PAGE, "a page");
});
afterAll(() => repo[Symbol.asyncDispose]());

/** A commit on top of main's page. */
async function commit(files: Record<string, string>): Promise<CommitSha> {
  await repo.git("checkout", "--quiet", "--detach", "main");
  return commitShaSchema.parse(await repo.commit({ ...files, change: Object.keys(files).join(" ") }, "a change"));
}

const reader = () => openSourceReader(`${repo.path}/.git`);
const observe = (commitSha: CommitSha | null, branch: string | null = null): Promise<SourceFacts> =>
  observeSource({ source: reader(), contract: defineContract({ root: repo.path }) }, { branch, commitSha });
const manifest = (change: object): Record<string, string> => ({
  "oroboros.app.json": JSON.stringify({ ...(JSON.parse(PAGE["oroboros.app.json"]) as object), ...change }),
});

test("a commit that is named with a branch has to be on it, at its head or before", async () => {
  const first = await commit({ "backend/first": "" });
  const second = commitShaSchema.parse(await repo.commit({ "backend/second": "" }, "more"));
  const elsewhere = await commit({ "backend/elsewhere": "" });
  await repo.git("branch", "--force", "feature", second);
  for (const sha of [first, second]) expect((await observe(sha, "feature")).commitSha).toBe(sha);
  expect((await observe(null, "feature")).commitSha).toBe(second);
  expect((await observe(elsewhere)).commitSha).toBe(elsewhere);
  for (const [sha, branch] of [
    [elsewhere, "feature"],
    [first, "main"],
    [first, "nowhere"],
  ] as const) {
    await expect(observe(sha, branch)).rejects.toMatchObject({
      code: "commit_not_found",
      message: `Commit ${sha} is not on branch ${branch} of ${repo.path}/.git.`,
      hint: expect.stringContaining(`oroboros runs create --title <title> --commit ${sha}`),
    });
  }
});

test("a branch that moved on still has its commits, one that was pushed over does not", async () => {
  const published = await commit({ "backend/published": "" });
  await repo.git("branch", "--force", "moving", published);
  const next = commitShaSchema.parse(await repo.commit({ "backend/next": "" }, "more"));
  await repo.git("branch", "--force", "moving", next);
  expect((await observe(published, "moving")).commitSha).toBe(published);
  await repo.git("branch", "--force", "moving", "main");
  await expect(observe(published, "moving")).rejects.toMatchObject({ code: "commit_not_found" });
});

test("an application without a database has no migrations and starts from an empty base", async () => {
  const { migrations, base, manifest: found } = await observe(await commit({}));
  expect(found.database).toEqual({ migrations: null, seeds: {} });
  expect({ migrations, base }).toEqual({
    migrations: [],
    base: { migrations: [], seed: null, isMigratedLater: false, lateSeed: null },
  });
});

test("a directory of migrations that is named has to exist", async () => {
  const named = await commit(manifest({ database: { migrations: "database/migrations" } }));
  await expect(observe(named)).rejects.toMatchObject({
    code: "invalid_manifest",
    message: `Commit ${named} has no directory database/migrations (database.migrations).`,
  });
});

test.each([
  ["has no package.json", {}, ["true"]],
  ["has a package.json", { "frontend/package.json": "{}" }, PNPM],
  [
    "has a package.json only further down or elsewhere",
    { "frontend/a/package.json": "", "package.json": "" },
    ["true"],
  ],
  [
    "is the whole repository with a package.json",
    { ...manifest({ frontend: { dir: "." } }), "package.json": "{}" },
    PNPM,
  ],
  [
    "says how it is installed",
    { ...manifest({ frontend: { install: ["make"] } }), "frontend/package.json": "{}" },
    ["make"],
  ],
])("a frontend that %s is installed by that", async (_what, files, install) => {
  const { manifest: found } = await observe(await commit(files));
  expect(found.frontend.install).toEqual(install);
  expect(found.backend.install).toEqual(["true"]);
});

test("a part that gets a package.json is installed again", async () => {
  const [plain, grown] = [
    await observe(await commit({})),
    await observe(await commit({ "backend/package.json": "{}" })),
  ];
  expect(grown.keys.backendInstall).not.toBe(plain.keys.backendInstall);
  expect(grown.keys.frontendInstall).toBe(plain.keys.frontendInstall);
});

test("main's lockfiles are those of the parts that pnpm installs, told by their package.json where main does not say", async () => {
  const lockfiles = { "frontend/pnpm-lock.yaml": "page's", "backend/pnpm-lock.yaml": "server's" };
  const main = await commit({ ...lockfiles, "frontend/package.json": "{}" });
  expect((await mainLockfiles(reader(), main)).map(({ text }) => text)).toEqual(["page's"]);
});
