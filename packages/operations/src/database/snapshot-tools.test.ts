import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPgTools } from "./snapshot-tools.ts";

let root: string;
const at: Record<string, string> = {};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "oroboros-tools-"));
  await makeTools("13", ["pg_dump", "pg_restore"]);
  await makeTools("15", ["pg_dump", "pg_restore"]);
  await makeTools("17", ["pg_dump", "pg_restore"]);
  await makeTools("16", ["pg_dump"]);
});
afterAll(() => rm(root, { recursive: true }));

async function makeTools(version: string, tools: string[]): Promise<void> {
  const directory = await mkdtemp(join(root, `${version}-`));
  for (const tool of tools)
    await writeFile(join(directory, tool), `#!/bin/sh\necho "${tool} (PostgreSQL) ${version}.4"\n`, { mode: 0o755 });
  at[version] = directory;
}

const found = async (directories: string[], serverMajor: number): Promise<number> =>
  (await findPgTools(["/nowhere", ...directories.map((version) => at[version] ?? "")], serverMajor)).major;

test("the oldest tools that are not older than the server are taken, in whatever order they lie", async () => {
  expect(await found(["17", "15", "13"], 15)).toBe(15);
  expect(await found(["13", "15", "17"], 14)).toBe(15);
  expect(await found(["17", "15"], 16)).toBe(17);
});

test("a pg_dump without its pg_restore is none", async () => {
  await expect(found(["16"], 15)).rejects.toMatchObject({ code: "pg_tools_missing" });
  expect(await found(["16", "17"], 16)).toBe(17);
});

test.each([
  [["13", "15"], 16, "pg_tools_too_old", "postgresql-client-16"],
  [[], 18, "pg_tools_missing", "postgresql-client-18"],
  [[], 12, "pg_tools_missing", "postgresql-client-15"],
])(
  "with %j a server of version %i is refused, and the package named",
  async (directories, major, code, packageName) => {
    await expect(found(directories, major)).rejects.toMatchObject({
      code,
      hint: `Install them with: apt-get install ${packageName}`,
    });
  },
);
