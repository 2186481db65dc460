import { expect, test } from "vitest";
import { createRunRequestSchema, listRunsQuerySchema } from "./runs.ts";

const accepts = (branch: string): boolean => createRunRequestSchema.safeParse({ title: "t", branch }).success;

test.each(["main", "feature/add-items", "fix_1.2", "release-2026.11", "1"])("the branch %s is accepted", (branch) => {
  expect(accepts(branch)).toBe(true);
});

test.each([
  "",
  "-rf",
  "--upload-pack=x",
  "/main",
  "main/",
  "a//b",
  "a..b",
  "a/.b",
  ".a",
  "a.",
  "a.lock",
  "a.lock/b",
  "a b",
  "a~1",
  "a^",
  "a:b",
  "a@{1}",
  "a*",
  "a\\b",
  "$(id)",
  "a;b",
  "main\n",
  "\u043cain",
  "a".repeat(201),
])("the branch %j is refused", (branch) => {
  expect(accepts(branch)).toBe(false);
});

test.each([
  { title: " " },
  { title: "t", commit_sha: "abc" },
  { title: "t", commit_sha: "A".repeat(40) },
  { title: "t", slot: "preview-1" },
])("the request %j is refused", (request) => {
  expect(createRunRequestSchema.safeParse(request).success).toBe(false);
});

test("one status and several are both lists", () => {
  expect(listRunsQuerySchema.parse({ status: "failed" }).status).toEqual(["failed"]);
  expect(listRunsQuerySchema.parse({ status: ["failed", "queued"] }).status).toEqual(["failed", "queued"]);
  expect(listRunsQuerySchema.parse({})).toEqual({ status: undefined, limit: 50, offset: 0 });
});

test.each([{ status: "done" }, { limit: "0" }, { limit: "201" }, { offset: "-1" }])(
  "the query %j is refused",
  (query) => {
    expect(listRunsQuerySchema.safeParse(query).success).toBe(false);
  },
);
