import { defineContract } from "@oroboros/slot-contract";
import { nftablesFile } from "@oroboros/slot-contract/host";
import { expect, test } from "vitest";
import { hostTexts } from "../host/host-texts.ts";
import { judgeFirewall, type FirewallFacts } from "./firewall.ts";
import { parseTable } from "./firewall-table.ts";

const contract = defineContract({ slotCount: 1 });
/** As the generated rules call it, and so the kernel. */
const SQUATTERS = "squatters";

interface Table {
  rules?: string[];
  packets?: number;
  elements?: number[];
  handle?: number;
}

const table = ({ rules = ["a", "b"], packets = 0, elements = [1, 2], handle = 1 }: Table = {}) =>
  parseTable(
    JSON.stringify({
      nftables: [
        { metainfo: {} },
        { counter: { name: SQUATTERS, handle, packets } },
        { counter: { name: "loopback_refused", handle, packets: 9 } },
        { set: { name: "may", handle, elem: elements } },
        { chain: { name: "output", handle } },
        ...rules.map((expr) => ({ rule: { chain: "output", handle, expr } })),
      ],
    }),
  );

const judged = (facts: Partial<FirewallFacts>) =>
  judgeFirewall(contract, { loaded: table(), wanted: table(), isHostDown: false, ...facts });

test("rules that are as installed are in order, whenever they were loaded and whatever has passed", () => {
  expect(judged({ loaded: table({ handle: 7, elements: [2, 1] }) })).toEqual([]);
});

test.each<[string, Table, string]>([
  ["a rule before them", { rules: ["x", "a", "b"] }, "chain output"],
  ["one rule less", { rules: ["a"] }, "chain output"],
  ["another order", { rules: ["b", "a"] }, "chain output"],
  ["one more that may", { elements: [1, 2, 3] }, "set may"],
])("%s is found", (_what, changes, part) => {
  expect(judged({ loaded: table(changes) })).toEqual([
    {
      level: "error",
      code: "firewall_changed",
      subject: "inet oroboros",
      message: `The kernel's rules are not those of ${nftablesFile(contract)}: ${part}.`,
      hint: "systemctl reload ouroboros-nftables.service",
    },
  ]);
});

test("rules that can not be compared are no fault, and said to be so", () => {
  expect(judged({ wanted: undefined })).toMatchObject([{ level: "warning", code: "firewall_unjudged" }]);
});

test.each([undefined, table({ rules: [] })])("a firewall that is not loaded, or was emptied, is wrong", (loaded) => {
  expect(judged({ loaded })).toMatchObject([
    { level: "error", code: "firewall_missing", hint: "systemctl restart ouroboros-nftables.service" },
  ]);
});

test("a host that is down has none, and that is what is said", () => {
  expect(judged({ loaded: undefined, isHostDown: true })).toMatchObject([
    {
      level: "warning",
      code: "firewall_missing",
      message: expect.stringContaining("the host is down (ouroboros.target is inactive)"),
      hint: "./scripts/runtime-up.sh",
    },
  ]);
});

test("who squats on a port is told, by the counter that the installed rules have", () => {
  const rules = hostTexts(contract).find(({ path }) => path === nftablesFile(contract))?.text;
  expect(rules).toMatch(new RegExp(`counter ${SQUATTERS} \\{`));
  expect(rules).toMatch(new RegExp(`counter name ${SQUATTERS} drop`));
  expect(judged({ loaded: table({ packets: 3 }) })).toMatchObject([
    { level: "warning", code: "port_squatted", message: expect.stringMatching(/^3 packets/) },
  ]);
});
