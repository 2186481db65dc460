import { join } from "node:path";
import { commitShaSchema, type CommitSha } from "@oroboros/slot-contract";
import { tinyApp, type TinyApp } from "@oroboros/test-runtime";
import { scratchGitRepo, type ScratchGitRepo } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSourceReader } from "../git/source-reader.ts";
import type { MigrationsToRead } from "./find-in-migrations.ts";
import { newMigrations } from "./new-migrations.ts";

let repo: ScratchGitRepo;
beforeAll(async () => {
  repo = await scratchGitRepo();
  await repo.commit({ ...tinyApp(), "db/versions/1.sql": "select 1;" }, "the application");
});
afterAll(() => repo[Symbol.asyncDispose]());

let branches = 0;
async function onBranch(files: Record<string, string>): Promise<MigrationsToRead> {
  branches += 1;
  await repo.git("checkout", "--quiet", "-B", `b${branches}`, "main");
  const commit = commitShaSchema.parse(await repo.commit(files, "a change"));
  return look(commit);
}
const look = (commit: CommitSha): Promise<MigrationsToRead> =>
  newMigrations(openSourceReader(join(repo.path, ".git")), commit);
const NONE = { files: [], unreadable: [] };

/** An application that migrates by a command of its own, which reads these. */
const commanded = (migrateInputs: string[]): Record<string, string> =>
  tinyApp((app: TinyApp) => {
    const { backend, frontend, name } = app.manifest;
    const manifest = { name, frontend, backend: { ...backend, migrate: ["./migrate"], migrateInputs } };
    Object.assign(app, { manifest });
  });
const COMMAND = { file: "backend.migrate", reason: "what the command does besides is not known" };

test("main itself, and a branch without migrations of its own, have nothing that main lacks", async () => {
  const main = commitShaSchema.parse((await repo.git("rev-parse", "main")).trim());
  expect(await look(main)).toEqual(NONE);
  expect(await onBranch({ "note.txt": "1" })).toEqual(NONE);
});

test("a file that main has not, or has with other contents, is one of the branch", async () => {
  const changed = { name: "0001_notes.sql", sql: "create table notes ();\n" };
  const added = { name: "0002_more.sql", sql: "create table more ();\n" };
  const files = { [`migrations/${changed.name}`]: changed.sql, [`migrations/${added.name}`]: added.sql };
  expect(await onBranch(files)).toEqual({ files: [changed, added], unreadable: [] });
});

test("of a command the SQL that it reads is looked at, and what else it does is said to be unknown", async () => {
  const own = { "db/versions/1.sql": "select 1;", "db/versions/2.sql": "drop table a;", "db/init.sql": "select 2;" };
  const code = { "db/versions/3.py": "op.drop_table()", "db/elsewhere.sql": "drop table b;" };
  const capitals = { "db/versions/4.SQL": "drop table c;" };
  const app = commanded(["db/versions", "db/init.sql"]);
  expect(await onBranch({ ...app, ...own, ...code, ...capitals })).toEqual({
    files: [
      { name: "db/init.sql", sql: "select 2;" },
      { name: "db/versions/2.sql", sql: "drop table a;" },
      { name: "db/versions/4.SQL", sql: "drop table c;" },
    ],
    unreadable: [COMMAND, { file: "db/versions/3.py", reason: "it is not SQL" }],
  });
});

test("many other inputs are named in part, and what a command does besides is said before them", async () => {
  const code = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`db/many/${n + 10}.py`, `${n}`]));
  const { unreadable } = await onBranch({ ...commanded(["db/many"]), ...code });
  expect(unreadable).toHaveLength(22);
  expect(unreadable[0]).toEqual(COMMAND);
  expect(unreadable.at(-1)).toEqual({
    file: "db/many/30.py",
    reason: "it and 9 more of what the command reads were not read",
  });
});
