import { chmod, mkdir } from "node:fs/promises";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { missingAccounts, readAccounts, wrongDirectories } from "./accounts.ts";

test("users and groups that the host has not are named", () => {
  const sysusers = '# Generated\nu oroboros - "Oroboros api" / /usr/sbin/nologin\nu root - x\ng oroboros-operators -\n';
  const accounts = { users: { root: 0 }, groups: { root: 0 } };
  expect(missingAccounts(sysusers, accounts)).toEqual(["oroboros", "oroboros-operators"]);
});

test("a directory that is missing, has another mode, another owner, or is a file is not right", () =>
  withTempDir(async (root) => {
    const accounts = await readAccounts();
    const ids = { uid: process.getuid?.(), gid: process.getgid?.() };
    const user = Object.keys(accounts.users).find((name) => accounts.users[name] === ids.uid) ?? "";
    const group = Object.keys(accounts.groups).find((name) => accounts.groups[name] === ids.gid) ?? "";
    await mkdir(`${root}/there`);
    await chmod(`${root}/there`, 0o2750);
    const there = { path: `${root}/there`, mode: 0o2750, user, group };
    const wrong = [
      { ...there, path: `${root}/missing` },
      { ...there, mode: 0o750 },
      { ...there, user: "daemon" },
      { ...there, group: "nobody-has-this" },
      { ...there, path: import.meta.filename },
    ];
    expect(wrongDirectories([there], accounts)).toEqual([]);
    for (const directory of wrong) expect(wrongDirectories([directory], accounts)).toEqual([directory.path]);
  }));
