import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withTempDir } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { readArtifact, readConfined } from "./read-file-confined.ts";
import { emptyDirectory, removeTree } from "./remove-tree.ts";

const REFUSED = { code: "path_refused" };

async function inTree(use: (paths: { root: string; from: string }) => Promise<void>): Promise<void> {
  await withTempDir(async (root) => {
    const from = join(root, "dist");
    await mkdir(join(from, "assets"), { recursive: true });
    await writeFile(join(from, "index.html"), "<html>", { mode: 0o600 });
    await writeFile(join(from, "assets/app.js"), "app");
    await writeFile(join(root, "secret"), "secret");
    await use({ root, from });
  });
}

describe("reading an artifact", () => {
  test("a file below the root is read", () =>
    inTree(async ({ from }) => {
      expect((await readArtifact({ root: from, file: "assets/app.js" })).toString()).toBe("app");
    }));

  test.each(["../secret", "assets/../../secret", "/etc/passwd", "assets//app.js", "./index.html", "a\0b", ""])(
    "%j is refused",
    (file) =>
      inTree(async ({ from }) => {
        await expect(readArtifact({ root: from, file })).rejects.toMatchObject(REFUSED);
      }),
  );

  test("links, directories and fifos are refused, a missing file is not found", () =>
    inTree(async ({ root, from }) => {
      await symlink(join(root, "secret"), join(from, "link"));
      await symlink(root, join(from, "up"));
      execFileSync("mkfifo", [join(from, "fifo")]);
      for (const file of ["link", "up/secret", "assets", "fifo"])
        await expect(readArtifact({ root: from, file })).rejects.toMatchObject(REFUSED);
      const gone = { code: "artifact_not_found", message: expect.not.stringContaining(root) };
      await expect(readArtifact({ root: from, file: "missing" })).rejects.toMatchObject(gone);
      await expect(readArtifact({ root: join(root, "no-run"), file: "log" })).rejects.toMatchObject(gone);
    }));

  test("a file of somebody else, or one too large, is refused", () =>
    inTree(async ({ from }) => {
      const path = join(from, "index.html");
      const self = process.geteuid?.() ?? -1;
      await expect(readConfined(path, { maxBytes: 5 })).rejects.toMatchObject(REFUSED);
      await expect(readConfined(path, { maxBytes: 10, ownerUids: [self + 1] })).rejects.toMatchObject(REFUSED);
      expect((await readConfined(path, { maxBytes: 10, ownerUids: [self] })).toString()).toBe("<html>");
    }));
});

test("removing follows no link, takes what is missing, and can leave the directory", () =>
  inTree(async ({ root, from }) => {
    await symlink(root, join(from, "up"));
    await emptyDirectory(from);
    expect(await readdir(from)).toEqual([]);
    expect(await readFile(join(root, "secret"), "utf8")).toBe("secret");
    await symlink(from, join(root, "to-dist"));
    await removeTree(join(root, "to-dist"), join(root, "missing"));
    await expect(readlink(join(root, "to-dist"))).rejects.toThrow("ENOENT");
    expect(await readdir(from)).toEqual([]);
  }));

test("emptying takes more names than an argument list holds, and one that is no text", () =>
  inTree(async ({ from }) => {
    for (let index = 0; index < 8_000; index += 1) writeFileSync(join(from, String(index).padStart(240, "x")), "");
    writeFileSync(Buffer.concat([Buffer.from(`${from}/`), Buffer.from([0xff, 0xfe])]), "");
    await emptyDirectory(from);
    expect(await readdir(from)).toEqual([]);
  }));

test("a directory that is not there can not be emptied", () =>
  inTree(async ({ root }) => {
    await expect(emptyDirectory(join(root, "missing"))).rejects.toThrow("No such file or directory");
  }));
