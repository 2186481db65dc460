import type { PathAccess } from "@oroboros/host";
import { expect, test } from "vitest";
import { judgePlaces } from "./judge-places.ts";
import { parseAccounts } from "./observe-accounts.ts";
import type { Found, Place } from "./observe-places.ts";

const accounts = parseAccounts("root:x:0:0:::\nworker:x:7:7:::", "root:x:0:\nworker:x:7:");
const DIRECTORY: Place = {
  path: "/d",
  kind: "directory",
  user: "root",
  group: "worker",
  mode: 0o2750,
  isRequired: true,
};
const SECRET: Place = { path: "/s", kind: "file", user: "root", group: "root", mode: 0o600, isRequired: false };
const LINK: Place = { path: "/l", kind: "link", user: "root", group: "root", mode: 0o777, isRequired: false };
const RIGHT: Found = new Map([
  ["/d", { kind: "directory", uid: 0, gid: 7, mode: 0o2750 }],
  ["/s", { kind: "file", uid: 0, gid: 0, mode: 0o600 }],
  ["/l", { kind: "link", uid: 0, gid: 0, mode: 0o777 }],
]);

const found = (changes: [string, PathAccess | undefined][]) =>
  judgePlaces([DIRECTORY, SECRET, LINK], new Map([...RIGHT, ...changes]), accounts).map(
    ({ code, message, hint }) => `${code}: ${message} ${hint}`,
  );

test("places as they are made have nothing wrong with them, and one that need not be there may be away", () => {
  expect(found([])).toEqual([]);
  expect(found([["/s", undefined]])).toEqual([]);
});

test.each<[string, PathAccess | undefined, string]>([
  ["/d", undefined, "place_missing: /d does not exist. ./scripts/systemd-install-runtime.sh"],
  [
    "/d",
    { kind: "link", uid: 0, gid: 0, mode: 0o777 },
    "place_replaced: /d is a link and not a directory. Find out who put it there, move it away, and then: ./scripts/systemd-install-runtime.sh",
  ],
  [
    "/d",
    { kind: "directory", uid: 7, gid: 7, mode: 0o2750 },
    "owner_wrong: /d belongs to worker:worker and not to root:worker. chown root:worker /d",
  ],
  [
    "/d",
    { kind: "directory", uid: 0, gid: 0, mode: 0o2750 },
    "owner_wrong: /d belongs to root:root and not to root:worker. chown root:worker /d",
  ],
  [
    "/d",
    { kind: "directory", uid: 0, gid: 7, mode: 0o2770 },
    "mode_wrong: /d has mode 2770 and not 2750. chmod 2750 /d",
  ],
  [
    "/s",
    { kind: "file", uid: 0, gid: 0, mode: 0o644 },
    "mode_wrong: /s has mode 0644 and not 0600, and holds secrets. chmod 0600 /s",
  ],
  [
    "/s",
    { kind: "file", uid: 31, gid: 0, mode: 0o600 },
    "owner_wrong: /s belongs to 31:root and not to root:root. chown root:root /s",
  ],
  [
    "/l",
    { kind: "link", uid: 7, gid: 7, mode: 0o777 },
    "owner_wrong: /l belongs to worker:worker and not to root:root. chown -h root:root /l",
  ],
])("%s as %j is found", (path, access, finding) => {
  expect(found([[path, access]])).toEqual([finding]);
});
