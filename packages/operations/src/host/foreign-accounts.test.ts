import { expect, test } from "vitest";
import { foreignAccounts } from "./foreign-accounts.ts";

const SYSUSERS = '# Generated\nu oroboros - "Oroboros api" / /usr/sbin/nologin\ng oroboros-operators -\n';
const judged = (passwd: string, group = "oroboros:x:990:\n"): object[] => foreignAccounts(SYSUSERS, { passwd, group });

test("an account that an installation has made, or none, is in nobody's way", () => {
  expect(
    judged("oroboros:x:990:990:Oroboros api:/:/usr/sbin/nologin\nalice:x:1000:1000::/home/alice:/bin/bash\n"),
  ).toEqual([]);
  expect(judged("root:x:0:0::/root:/bin/bash\n")).toEqual([]);
});

test("a person's account with a name of ours is named with all that is wrong with it, and is to get another name", () => {
  const groups = "oroboros:x:1001:\nsudo:x:27:alice,oroboros\nadm:x:4:oroboros\n";
  expect(judged("oroboros:x:1001:1001::/home/oroboros:/bin/bash\n", groups)).toEqual([
    {
      name: "oroboros",
      problems: ["uid 1001 is not a system account's", "shell /bin/bash logs in", "member of sudo, adm"],
      repair: "usermod --login oroboros-found oroboros && groupmod --new-name oroboros-found oroboros",
    },
  ]);
});

test("a system account of ours that was given a shell, or a group, is to lose it", () => {
  expect(judged("oroboros:x:990:990::/:/bin/sh\n")).toMatchObject([
    { problems: ["shell /bin/sh logs in"], repair: "usermod --shell /usr/sbin/nologin oroboros" },
  ]);
  expect(judged("oroboros:x:990:990::/:\n")).toMatchObject([{ problems: ["shell /bin/sh logs in"] }]);
  expect(judged("oroboros:x:990:990::/:/usr/sbin/nologin\n", "sudo:x:27:oroboros\n")).toMatchObject([
    { problems: ["member of sudo"], repair: "gpasswd --delete oroboros sudo" },
  ]);
  expect(judged("oroboros:x:990:27::/:/usr/sbin/nologin\n", "sudo:x:27:\n")).toMatchObject([
    { problems: ["its own group is sudo"] },
  ]);
});
