import { defineContract } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { judgeAccounts, serviceUsers } from "./judge-accounts.ts";
import { parseAccounts } from "./observe-accounts.ts";

const contract = defineContract({ slotCount: 2 });
const USERS = serviceUsers(contract);
const PASSWD = ["root:x:0:0:root:/root:/bin/bash", "kim:x:1000:1000::/home/kim:/bin/bash"].concat(
  USERS.map((name, index) => `${name}:x:${900 + index}:${900 + index}::/:/usr/sbin/nologin`),
);
const GROUP = ["root:x:0:", "docker:x:50:", "oroboros-operators:x:899:kim"].concat(
  USERS.map((name, index) => `${name}:x:${900 + index}:`),
);

function found(change: (text: string) => string): string[] {
  const facts = parseAccounts(change(PASSWD.join("\n")), change(GROUP.join("\n")));
  return judgeAccounts(contract, facts).map(({ code, subject, hint }) => `${code} ${subject}: ${hint}`);
}

test("the users of a host as they are made have nothing wrong with them", () => {
  expect(found((text) => text)).toEqual([]);
});

test.each<[string, (text: string) => string, unknown[]]>([
  [
    "a slot's user that is not there",
    (text) => text.replace(/^oroboros-preview-2:.*nologin$/m, ""),
    ["account_missing oroboros-preview-2: ./scripts/systemd-install-runtime.sh"],
  ],
  [
    "the operators' group that is not there",
    (text) => text.replace(/^oroboros-operators.*$/m, ""),
    ["account_missing oroboros-operators: ./scripts/systemd-install-runtime.sh"],
  ],
  [
    "a user with a shell",
    (text) => text.replace(/^(oroboros-web:.*):\/usr\/sbin\/nologin$/m, "$1:/bin/bash"),
    ["account_shell oroboros-web: usermod --shell /usr/sbin/nologin oroboros-web"],
  ],
  [
    "a user that is root",
    (text) => text.replace(/^oroboros-worker:x:\d+/m, "oroboros-worker:x:0"),
    [expect.stringMatching(/^account_shared oroboros-worker: /)],
  ],
  [
    "two users of one number",
    (text) => text.replace(/^oroboros-preview-1:x:\d+:(\d+)::/m, "oroboros-preview-1:x:1000:$1::"),
    [expect.stringMatching(/^account_shared oroboros-preview-1: /)],
  ],
  [
    "a slot among the operators",
    (text) => text.replace(/^oroboros-operators:x:899:kim$/m, "oroboros-operators:x:899:kim,oroboros-preview-1"),
    ["account_group oroboros-preview-1: gpasswd --delete oroboros-preview-1 oroboros-operators"],
  ],
  [
    "a user whose first group is another's",
    (text) => text.replace(/^oroboros-web:x:(\d+):\d+::/m, "oroboros-web:x:$1:50::"),
    ["account_group oroboros-web: usermod --gid oroboros-web oroboros-web"],
  ],
  [
    "somebody else in the worker's group",
    (text) => text.replace(/^oroboros-worker:x:(\d+):$/m, "oroboros-worker:x:$1:kim"),
    ["account_guest oroboros-worker: gpasswd --delete kim oroboros-worker"],
  ],
])("%s is found", (_what, change, findings) => {
  expect(found(change)).toEqual(findings);
});
