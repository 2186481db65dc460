import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { defineContract } from "@oroboros/slot-contract";
import { reportMatrix, rounds, withTempDir } from "@oroboros/test-support";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderSysusers } from "../sysusers/sysusers.ts";
import { directories } from "./directories.ts";
import { line } from "./line.ts";
import { renderTmpfiles } from "./tmpfiles.ts";

const VALUES = rounds(10_000);
const BATCH = 250;
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)("on an empty host", () => {
  test.each([1, 3, 50])(
    "systemd makes the users and directories of %i slots as the contract says, twice the same",
    async (slotCount) => {
      await withTempDir((root) => {
        const contract = defineContract({ slotCount });
        const make = makesHost(root, contract);
        make();
        const users = identities(join(root, "etc/passwd"), 2);
        const groups = identities(join(root, "etc/group"), 2);
        const state = () => directories(contract).map(({ path }) => stateOf(join(root, path)));
        const expected = directories(contract).map(({ user, group, mode }) => ({
          uid: users[user],
          gid: groups[group],
          mode: mode | constants.S_IFDIR,
        }));
        expect(state()).toEqual(expected);
        expect(readlinkSync(join(root, "tmp/oroboros-preview-backend"))).toMatch(
          /\/var\/log\/oroboros\/preview-backend$/,
        );
        // Whoever changed an owner or a mode finds it corrected.
        chmodSync(join(root, "run/oroboros/epochs"), 0o777);
        chownSync(join(root, "srv/oroboros/worktrees"), 65_534, 65_534);
        make();
        expect(state()).toEqual(expected);
        return Promise.resolve();
      });
    },
  );

  test("somebody's link in /tmp is replaced by root's, and not followed", async () => {
    await withTempDir((root) => {
      mkdirSync(join(root, "tmp"));
      mkdirSync(join(root, "elsewhere"));
      symlinkSync("/elsewhere", join(root, "tmp/oroboros-preview-backend"));
      makesHost(root, defineContract())();
      expect(readlinkSync(join(root, "tmp/oroboros-preview-backend"))).toMatch(
        /\/var\/log\/oroboros\/preview-backend$/,
      );
      expect(readdirSync(join(root, "elsewhere"))).toEqual([]);
      return Promise.resolve();
    });
  });

  test("nobody can log in as a user of ours", async () => {
    await withTempDir((root) => {
      makesHost(root, defineContract())();
      const ours = readFileSync(join(root, "etc/passwd"), "utf8")
        .split("\n")
        .filter((entry) => entry.startsWith("oroboros"));
      expect(ours).toHaveLength(9);
      for (const entry of ours) expect(entry).toMatch(/:\/:\/usr\/sbin\/nologin$/);
      expect(readFileSync(join(root, "etc/shadow"), "utf8")).toMatch(/^oroboros-worker:!\*:/m);
      return Promise.resolve();
    });
  });
});

test("systemd reads a path back as it was meant, byte for byte", async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "%",
      "%n",
      "%%",
      '"',
      "'",
      "\\",
      "\\n",
      "\\x41",
      "$",
      "${HOME}",
      "`",
      "#",
      ";",
      " ",
      "  ",
      "-",
      "~",
      "*",
      "{a,b}",
      "é",
      "😀",
    ),
    fc.string({ maxLength: 4 }).filter((text) => !/[/\p{Cc}]/u.test(text)),
  );
  // As a directory's name: no slash, and neither itself nor its parent.
  const name = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => `x${pieces.join("")}`);
  let cases = 0;
  const batches = fc.asyncProperty(fc.uniqueArray(name, { minLength: BATCH, maxLength: BATCH }), async (names) => {
    cases += names.length;
    await withTempDir((root) => {
      const file = join(root, "names.conf");
      writeFileSync(file, names.map((one) => line(["d", join(root, "d", one), "0755", "-", "-", "-"])).join(""));
      execFileSync("systemd-tmpfiles", ["--create", file], { stdio: ["ignore", "ignore", "pipe"] });
      expect(readdirSync(join(root, "d")).toSorted()).toEqual(names.toSorted());
      return Promise.resolve();
    });
  });
  await fc.assert(batches, { numRuns: Math.ceil(VALUES / BATCH) });
  reportMatrix({ matrix: "tmpfiles-round-trip path", cases, violations: 0 });
});

test.each(["a\nb", "a\0b", "a\rb", "\u0085", "\ud800"])("%j can stand in no line", (field) => {
  expect(() => line(["d", field])).toThrow(expect.objectContaining({ code: "invalid_contract" }));
});

/** Applies both files to a directory, as to `/`. */
function makesHost(root: string, contract: ReturnType<typeof defineContract>): () => void {
  mkdirSync(join(root, "etc"), { recursive: true });
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\ncaddy:x:900:900::/:/usr/sbin/nologin\n");
  writeFileSync(join(root, "etc/group"), "root:x:0:\ncaddy:x:900:\n");
  return () => {
    for (const [program, file, flags] of [
      ["systemd-sysusers", renderSysusers(contract), []],
      ["systemd-tmpfiles", renderTmpfiles(contract), ["--create"]],
    ] as const) {
      const path = join(root, program);
      writeFileSync(path, file.text);
      execFileSync(program, [`--root=${root}`, ...flags, path], { stdio: ["ignore", "ignore", "pipe"] });
    }
  };
}

const identities = (file: string, field: number): Record<string, number> =>
  Object.fromEntries(
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((entry) => [entry.split(":")[0] ?? "", Number(entry.split(":")[field])]),
  );

function stateOf(path: string) {
  const { uid, gid, mode } = lstatSync(path);
  return { uid, gid, mode };
}
