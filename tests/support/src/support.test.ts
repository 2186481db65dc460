import { access } from "node:fs/promises";
import { Client } from "pg";
import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { scratchGitRepo } from "./scratch-git-repo.ts";
import { startRedis } from "./start-redis.ts";
import { withTempDir } from "./temp-dir.ts";
import { usePostgres } from "./use-postgres.ts";

const database = usePostgres();

test("a test file talks to a PostgreSQL 15 database of its own, and no password means no entry", async () => {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query(
    "SELECT current_database() AS name, current_setting('server_version_num')::int / 10000 AS major",
  );
  await client.end();
  expect(rows).toEqual([{ name: database.name, major: 15 }]);
  const url = new URL(database.url);
  url.password = "wrong";
  await expect(new Client({ connectionString: url.href }).connect()).rejects.toMatchObject({ code: "28P01" });
});

test("Redis starts on a free port and is gone after stop", async () => {
  const redis = await startRedis();
  await redis.stop();
  await expect(fetch(`http://127.0.0.1:${redis.port}/`)).rejects.toThrow();
});

test("a scratch repository commits what it is given", async () => {
  await using repo = await scratchGitRepo();
  const sha = await repo.commit({ "a/b.txt": "hello\n" }, "first");
  expect(await repo.git("show", `${sha}:a/b.txt`)).toBe("hello");
});

test("a temporary directory does not outlive its use", async () => {
  const path = await withTempDir((directory) => Promise.resolve(directory));
  await expect(access(path)).rejects.toThrow();
});

test("eventually gives up at its deadline with the last answer", async () => {
  await expect(eventually(() => false, { deadlineMs: 50 })).rejects.toThrow(
    "Not so within 50 ms: it was false to the end.",
  );
});
