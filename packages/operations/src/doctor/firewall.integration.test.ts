import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { parseTable, partsThatDiffer, type FirewallTable } from "./firewall-table.ts";

const RULES = `table inet oroboros
delete table inet oroboros
table inet oroboros {
  set may {
    type uid . inet_service;
    elements = { 0 . 80, 1 . 90, 33 . 70, 34 . 71, 35 . 72 }
  }
  map confined {
    type uid : verdict;
    elements = { 1 : jump nowhere, 33 : jump nowhere }
  }
  counter squatters { }
  chain output {
    type filter hook output priority filter; policy accept;
    meta skuid 5 counter name squatters drop
    meta skuid vmap @confined
  }
  chain nowhere {
    reject
  }
}
`;

const canUnshare = (() => {
  try {
    execFileSync("unshare", ["--net", "nft", "list", "ruleset"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** What a kernel has after the rules were loaded and something was done to them, in a network that ends with it. */
function listed(rules: string, ...done: string[]): FirewallTable {
  const script = ['nft -f "$1"', ...done.map((command) => `nft ${command}`), "nft --json list table inet oroboros"];
  const argv = ["--net", "sh", "-c", script.join(" && "), "sh", rules];
  return parseTable(execFileSync("unshare", argv, { encoding: "utf8" }));
}

test.skipIf(!canUnshare)("whatever somebody does to the rules of a real kernel is seen, and loading them is not", () =>
  withTempDir((directory) => {
    const rules = join(directory, "nftables.conf");
    writeFileSync(rules, RULES);
    const wanted = listed(rules);
    const differs = (...done: string[]): string[] => partsThatDiffer(listed(rules, ...done), wanted);
    expect(wanted).toMatchObject({ rules: 3, counters: { squatters: 0 } });
    expect(differs()).toEqual([]);
    expect(differs(`-f ${rules}`)).toEqual([]);
    expect(differs("insert rule inet oroboros output accept")).toEqual(["chain output"]);
    expect(differs("flush chain inet oroboros nowhere")).toEqual(["chain nowhere"]);
    expect(differs("'chain inet oroboros output { policy drop; }'")).toEqual(["chain output"]);
    expect(differs("'add element inet oroboros may { 7 . 443 }'")).toEqual(["set may"]);
    expect(differs("'delete element inet oroboros confined { 33 }'")).toEqual(["map confined"]);
    expect(differs("add chain inet oroboros mine")).toEqual(["chain mine"]);
    return Promise.resolve();
  }),
);
