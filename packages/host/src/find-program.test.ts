import { chmod, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findProgram } from "./find-program.ts";
import { removeTree } from "./remove-tree.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "oroboros-programs-"));
  for (const name of ["first", "second", "second/tool-directory"]) await mkdir(join(directory, name));
  for (const name of ["first/plain", "second/tool", "second/plain"]) await writeFile(join(directory, name), "");
  for (const name of ["second/tool", "second/plain"]) await chmod(join(directory, name), 0o755);
});
afterAll(() => removeTree(directory));

test("a program is the first file of its name that may be run", () => {
  const path = `${directory}/missing:${directory}/first:${directory}/second`;
  expect(findProgram("plain", path)).toBe(`${directory}/second/plain`);
  expect(findProgram("tool", path)).toBe(`${directory}/second/tool`);
});

test("a name with a slash is a path, and one that nobody has is an error that says where it was looked for", () => {
  expect(findProgram("./tool", "/usr/bin")).toBe("./tool");
  for (const name of ["none", "tool-directory"]) {
    expect(() => findProgram(name, `${directory}/second`)).toThrow(
      expect.objectContaining({ code: "start_failed", message: expect.stringContaining(`${directory}/second`) }),
    );
  }
});
