import { contentHash } from "@oroboros/host";
import { expect, test } from "vitest";
import type { HostText } from "./files/host-text.ts";
import { knownTexts, leftOverPaths } from "./install-record.ts";

const text = (fields: Partial<HostText>): HostText => ({
  kind: "file",
  path: "/etc/a",
  text: "a\n",
  mode: 0o644,
  owner: undefined,
  ...fields,
});

test("an installation under way knows what was there before it and what it writes; a finished one only what it wrote", () => {
  const before = knownTexts([text({ text: "old\n" })]);
  expect(knownTexts([text({})], before)).toEqual({ "/etc/a": [contentHash("old\n"), contentHash("a\n")] });
  expect(knownTexts([text({})])).toEqual({ "/etc/a": [contentHash("a\n")] });
});

test("an env file is known by its variables, and another's file by our lines in it", () => {
  const known = knownTexts([text({ kind: "env", text: 'A="1"\n' }), text({ kind: "block", path: "/etc/b" })]);
  expect(Object.keys(known)).toEqual(["/etc/a", "/etc/a#A", "/etc/b#block"]);
  expect(known["/etc/a#A"]).toEqual([contentHash("1")]);
});

test("what was written once and is wanted no more is left over, but for another's file", () => {
  const known = knownTexts([text({}), text({ kind: "env", path: "/etc/e" }), text({ kind: "block", path: "/etc/b" })]);
  expect(leftOverPaths([text({})], known)).toEqual(["/etc/e"]);
});
