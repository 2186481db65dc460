import { defineContract } from "@oroboros/slot-contract";
import { isGenerated, SECRET_VARIABLES } from "@oroboros/slot-contract/host";
import { expect, test } from "vitest";
import { renderSystemd, unitPrograms } from "./index.ts";

const files = renderSystemd(defineContract());

test("every file has a path of its own, in order, and says that it is generated", () => {
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual([...new Set(paths)].toSorted());
  expect(files.filter(({ text }) => !isGenerated(text))).toEqual([]);
});

test("no file names a secret or a place of the machine that rendered it", () => {
  for (const { path, text } of files) {
    const secrets = SECRET_VARIABLES.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
    expect([path, secrets]).toEqual([path, []]);
    expect([path, text.includes(process.cwd())]).toEqual([path, false]);
  }
});

test("what is installed lies in the directories that systemd and its tools read, and env files are root's alone", () => {
  for (const { path, installed, kind } of files) {
    if (installed === null) continue;
    expect(installed.path).toMatch(
      /^\/etc\/(systemd\/system|sysusers\.d|tmpfiles\.d|sysctl\.d|polkit-1\/rules\.d|oroboros)\//,
    );
    expect([path, installed.mode]).toEqual([path, kind === "env" ? 0o600 : 0o644]);
  }
});

test("another root than the host's own is refused", () => {
  expect(() => renderSystemd(defineContract({ root: "/var/tmp/elsewhere" }))).toThrow(
    expect.objectContaining({ code: "invalid_contract" }),
  );
});

test("a host needs few programs besides the release's own", () => {
  expect(unitPrograms(defineContract())).toEqual([
    "/bin/mv",
    "/bin/rm",
    "/srv/oroboros/current/bin/node",
    "/srv/oroboros/current/bin/outcome",
    "/usr/bin/caddy",
    "/usr/bin/find",
    "/usr/sbin/nft",
  ]);
});
