import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { contentHash } from "@oroboros/host";
import { defineContract } from "@oroboros/slot-contract";
import { installRecordFile } from "@oroboros/slot-contract/host";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import type { HostText } from "./files/host-text.ts";
import { knownTexts, leftOverPaths, readRecord } from "./install-record.ts";

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

test.each(["", "{", "null", "[]", '{"installed":true}'])("a record that says %j is refused with its name", (said) =>
  withTempDir(async (root) => {
    const contract = defineContract({ root });
    const path = installRecordFile(contract);
    expect(await readRecord(contract)).toMatchObject({ installed: false });
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, said);
    await expect(readRecord(contract)).rejects.toMatchObject({
      code: "not_set_up",
      message: `${path} is not what an installation writes.`,
      hint: `Have it written anew: rm ${path} && ./scripts/systemd-install-runtime.sh`,
    });
  }),
);
