import { execFileSync } from "node:child_process";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defineContract, slotWorktrees, type SlotId } from "@oroboros/slot-contract";
import type { Directory } from "@oroboros/systemd-gen";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { applyStep } from "./apply-step.ts";
import type { HostSecrets } from "./host-secrets.ts";
import type { InstallRequest } from "./install-request.ts";
import { refuseReplaced, refuseWrong } from "./make-directories.ts";

const self = { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1 };
const ACCOUNTS = { users: { me: self.uid, other: self.uid + 1 }, groups: { us: self.gid } };

const aDirectory = (path: string, changed: Partial<Directory> = {}): Directory => ({
  path,
  mode: 0o750,
  user: "me",
  group: "us",
  ...changed,
});

test("a link, a file or a fifo in a directory's place is refused, and it is said which and what to type", () =>
  withTempDir(async (root) => {
    const path = join(root, "preview-4.d");
    const place = [aDirectory(root), aDirectory(path)];
    // What is missing is made.
    expect(() => refuseReplaced(place)).not.toThrow();
    const make = {
      link: () => symlink("/etc", path),
      file: () => writeFile(path, ""),
      fifo: async () => void execFileSync("mkfifo", [path]),
    };
    for (const put of Object.values(make)) {
      await put();
      expect(() => refuseReplaced(place)).toThrow(
        expect.objectContaining({
          code: "unsafe_file",
          message: expect.stringMatching(`^Not a directory: ${path} is .* of user ${self.uid}\\.$`),
          hint: expect.stringContaining(`mv -T ${path} ${path}.found`),
        }),
      );
      await rm(path);
    }
    await mkdir(path);
    expect(() => refuseReplaced(place)).not.toThrow();
  }));

test("the step that makes directories refuses a slot's that the worker has linked elsewhere before", () =>
  withTempDir(async (root) => {
    const contract = defineContract({ root, slotCount: 4 });
    const path = slotWorktrees(contract, "preview-4" as SlotId);
    await mkdir(dirname(path), { recursive: true });
    await symlink("/etc", path);
    const request = { contract } as InstallRequest;
    const step = { do: "directories", paths: [path], file: join(root, "missing.conf") } as const;
    await expect(applyStep(step, request, {} as HostSecrets)).rejects.toMatchObject({
      code: "unsafe_file",
      message: `Not a directory: ${path} is a link of user ${self.uid}.`,
    });
  }));

test("a directory that still has another owner or mode, or is a link to one that is right, is refused", () =>
  withTempDir(async (root) => {
    const path = join(root, "there");
    await mkdir(path);
    await chmod(path, 0o750);
    await symlink(path, join(root, "link"));
    const check = (place: Directory) => () => refuseWrong([place], ACCOUNTS, "/etc/tmpfiles.d/oroboros.conf");
    expect(check(aDirectory(path))).not.toThrow();
    const wrong = [
      aDirectory(path, { mode: 0o755 }),
      aDirectory(path, { user: "other" }),
      aDirectory(join(root, "link")),
      aDirectory(join(root, "missing")),
    ];
    for (const place of wrong)
      expect(check(place)).toThrow(
        expect.objectContaining({
          code: "unsafe_file",
          message: expect.stringContaining(place.path),
          hint: expect.stringContaining(`ls -ld ${place.path}`),
        }),
      );
  }));
