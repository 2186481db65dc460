import type { RuntimeContract } from "@oroboros/slot-contract";
import { nftablesUnit } from "@oroboros/slot-contract/host";
import { askProgram } from "./ask-program.ts";
import { worthKnowing, wrong, type DoctorFinding } from "./doctor-report.ts";

/** As the generated rules call it. */
const TABLE = ["inet", "oroboros"] as const;

/** What the kernel has loaded; undefined where it has no such table. */
export interface FirewallFacts {
  rules: number;
  /** Packets by the counter's name. */
  counters: Readonly<Record<string, number>>;
}

export async function observeFirewall(): Promise<FirewallFacts | undefined> {
  const { ok, stdout } = await askProgram(["nft", "--json", "list", "table", ...TABLE]);
  return ok ? parseTable(stdout) : undefined;
}

/** libnftables-json(5) */
export function parseTable(text: string): FirewallFacts {
  const { nftables: objects } = JSON.parse(text) as {
    nftables: { rule?: object; counter?: { name: string; packets: number } }[];
  };
  const counters = objects.flatMap(({ counter }) =>
    counter === undefined ? [] : [[counter.name, counter.packets] as const],
  );
  return { rules: objects.filter(({ rule }) => rule !== undefined).length, counters: Object.fromEntries(counters) };
}

/** Counter of replies that were dropped because the port is another user's. */
const SQUATTERS = "squat";

export function judgeFirewall(contract: RuntimeContract, facts: FirewallFacts | undefined): DoctorFinding[] {
  const unit = nftablesUnit(contract);
  if (facts === undefined || facts.rules === 0) {
    const message = `The kernel has no ${facts === undefined ? "table" : "rules in table"} ${TABLE.join(" ")}: slots reach every port of this host, and each other.`;
    return [wrong({ code: "firewall_missing", subject: TABLE.join(" "), message, hint: `systemctl restart ${unit}` })];
  }
  const squatted = facts.counters[SQUATTERS] ?? 0;
  if (squatted === 0) return [];
  const message = `${squatted} packets were dropped because who sent them listens on a port of another service.`;
  const hint = "See who listens where: ss --tcp --listening --numeric --processes";
  return [worthKnowing({ code: "port_squatted", subject: TABLE.join(" "), message, hint })];
}
