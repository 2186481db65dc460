import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { chown, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { rounds, withTempDir } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { copyTreeConfined } from "./copy-tree-confined.ts";
import { readArtifact, readConfined } from "./read-file-confined.ts";
import { emptyDirectory, removeTree } from "./remove-tree.ts";

const LIMITS = { maxBytes: 1_000_000, maxFiles: 1_000 };
const REFUSED = { code: "path_refused" };

async function inTree(use: (paths: { root: string; from: string; to: string }) => Promise<void>): Promise<void> {
  await withTempDir(async (root) => {
    const from = join(root, "dist");
    await mkdir(join(from, "assets"), { recursive: true });
    await writeFile(join(from, "index.html"), "<html>", { mode: 0o600 });
    await writeFile(join(from, "assets/app.js"), "app");
    await writeFile(join(root, "secret"), "secret");
    await use({ root, from, to: join(root, "surfaces/copy") });
  });
}

describe("copying a tree", () => {
  test("files, empty files, directories and inner links arrive, readable by all", () =>
    inTree(async ({ from, to }) => {
      await writeFile(join(from, "empty"), "");
      await symlink("../index.html", join(from, "assets/home"));
      expect(await copyTreeConfined({ from, to, ...LIMITS })).toEqual({ files: 5, bytes: 9 });
      expect(await readFile(join(to, "assets/app.js"), "utf8")).toBe("app");
      expect(await readFile(join(to, "assets/home"), "utf8")).toBe("<html>");
      expect(((await stat(join(to, "index.html"))).mode & 0o777).toString(8)).toBe("644");
      expect(((await stat(join(to, "assets"))).mode & 0o777).toString(8)).toBe("755");
      expect(await readFile(join(to, "empty"), "utf8")).toBe("");
    }));

  test.each([
    ["an absolute link", "/etc/passwd"],
    ["a link that leaves", "../../secret"],
    ["a link that leaves through a directory", "../assets/../../secret"],
    ["a link that goes on below itself", "./app.js"],
  ])("%s is refused and nothing is left", (_name, target) =>
    inTree(async ({ from, to }) => {
      await symlink(target, join(from, "assets/link"));
      await expect(copyTreeConfined({ from, to, ...LIMITS })).rejects.toMatchObject(REFUSED);
      await expect(stat(to)).rejects.toThrow("ENOENT");
    }),
  );

  test("a chain of links that leaves together is refused", () =>
    inTree(async ({ from, to }) => {
      await mkdir(join(from, "a/b"), { recursive: true });
      await symlink("..", join(from, "a/b/up"));
      await symlink("a/b/up/../../secret", join(from, "out"));
      await expect(copyTreeConfined({ from, to, ...LIMITS })).rejects.toMatchObject(REFUSED);
    }));

  test("a fifo and a socket are refused without waiting for anybody", () =>
    inTree(async ({ from, to }) => {
      execFileSync("mkfifo", [join(from, "fifo")]);
      await expect(copyTreeConfined({ from, to, ...LIMITS })).rejects.toMatchObject(REFUSED);
      await rm(join(from, "fifo"));
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(join(from, "socket"), resolve));
      await expect(copyTreeConfined({ from, to, ...LIMITS })).rejects.toMatchObject(REFUSED);
      await new Promise((resolve) => server.close(resolve));
    }));

  test("a directory on the way that is a link is refused", () =>
    inTree(async ({ root, from, to }) => {
      await symlink(root, join(root, "worktree"));
      await expect(copyTreeConfined({ from: join(root, "worktree/dist"), to, ...LIMITS })).rejects.toMatchObject(
        REFUSED,
      );
      await expect(copyTreeConfined({ from: `${from}/../dist`, to, ...LIMITS })).rejects.toMatchObject(REFUSED);
    }));

  test.skipIf(process.geteuid?.() !== 0)("a hard link to somebody else's file is refused", () =>
    inTree(async ({ root, from, to }) => {
      for (const path of [from, join(from, "assets"), join(from, "index.html"), join(from, "assets/app.js")])
        await chown(path, 64_001, 64_001);
      await copyTreeConfined({ from, to: `${to}-before`, ...LIMITS });
      linkSync(join(root, "secret"), join(from, "hard"));
      await expect(copyTreeConfined({ from, to, ...LIMITS })).rejects.toMatchObject(REFUSED);
    }),
  );

  test("too many entries and too many bytes are refused", () =>
    inTree(async ({ from, to }) => {
      await expect(copyTreeConfined({ from, to, maxBytes: 8, maxFiles: 10 })).rejects.toMatchObject(REFUSED);
      await expect(copyTreeConfined({ from, to, maxBytes: 9, maxFiles: 2 })).rejects.toMatchObject(REFUSED);
      await copyTreeConfined({ from, to, maxBytes: 9, maxFiles: 3 });
    }));

  test("a copy that is there already is not touched", () =>
    inTree(async ({ from, to }) => {
      await copyTreeConfined({ from, to, ...LIMITS });
      await expect(copyTreeConfined({ from, to, ...LIMITS })).rejects.toThrow("EEXIST");
      expect(await readdir(to)).toHaveLength(2);
    }));

  test("a directory that is swapped for a link again and again never lets anything out", () =>
    inTree(async ({ root, from, to }) => {
      mkdirSync(join(root, "outside"));
      writeFileSync(join(root, "outside/app.js"), "secret");
      symlinkSync(join(root, "outside"), join(root, "link"));
      let isDone = false;
      const swapping = (async () => {
        while (!isDone) {
          renameSync(join(from, "assets"), join(root, "aside"));
          renameSync(join(root, "link"), join(from, "assets"));
          await new Promise(setImmediate);
          renameSync(join(from, "assets"), join(root, "link"));
          renameSync(join(root, "aside"), join(from, "assets"));
          await new Promise(setImmediate);
        }
      })();
      const outcomes = new Set<string>();
      // Both outcomes have to occur, or nothing was raced; a file that waits for luck ends at the test's own deadline.
      for (let round = 0; round < rounds(1_000) || outcomes.size < 2; round += 1) {
        const copy = `${to}-${round}`;
        const outcome = await copyTreeConfined({ from, to: copy, ...LIMITS }).then(
          () => readFile(join(copy, "assets/app.js"), "utf8").catch((error: { code: string }) => error.code),
          (error: { code: string }) => error.code,
        );
        outcomes.add(outcome);
      }
      isDone = true;
      await swapping;
      expect([...outcomes]).not.toContain("secret");
      expect(outcomes.size).toBeGreaterThan(1);
    }));
});

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

  test("a tree that is not there is named and is no refusal", () =>
    inTree(async ({ root, to }) => {
      const from = join(root, "never-built");
      await expect(copyTreeConfined({ from, to, ...LIMITS })).rejects.toMatchObject({ code: "path_not_found" });
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
