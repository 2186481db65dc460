import type { RuntimeContract } from "@oroboros/slot-contract";
import {
  nftablesFile,
  NFTABLES_TABLE,
  nftablesUnit,
  SQUATTERS_COUNTER,
  targetUnit,
} from "@oroboros/slot-contract/host";
import { showUnits } from "../health/show-units.ts";
import { askProgram } from "./ask-program.ts";
import { worthKnowing, wrong, type DoctorFinding } from "./doctor-report.ts";
import { parseTable, partsThatDiffer, type FirewallTable } from "./firewall-table.ts";

const TABLE = NFTABLES_TABLE.join(" ");
/** In a network of its own, which ends with it: nft tells no rules of a file that it has not loaded. */
const LOAD_ELSEWHERE = `nft -f "$1" && exec nft --json list table ${TABLE}`;

export interface FirewallFacts {
  /** What the kernel has loaded; undefined where it has no such table. */
  loaded: FirewallTable | undefined;
  /** What the installed file makes of a kernel that has nothing; undefined where that can not be found out. */
  wanted: FirewallTable | undefined;
  /** Whether our target is stopped, and the rules with it. */
  isHostDown: boolean;
}

export async function observeFirewall(contract: RuntimeContract): Promise<FirewallFacts> {
  const target = targetUnit(contract);
  const [loaded, wanted, shown] = await Promise.all([
    listedBy(["nft", "--json", "list", "table", ...NFTABLES_TABLE]),
    listedBy(["unshare", "--net", "sh", "-c", LOAD_ELSEWHERE, "sh", nftablesFile(contract)]),
    showUnits([target], ["ActiveState"]),
  ]);
  return { loaded, wanted, isHostDown: shown?.get(target)?.["ActiveState"] === "inactive" };
}

async function listedBy(argv: readonly [string, ...string[]]): Promise<FirewallTable | undefined> {
  const { ok, stdout } = await askProgram(argv);
  return ok ? parseTable(stdout) : undefined;
}

export function judgeFirewall(contract: RuntimeContract, facts: FirewallFacts): DoctorFinding[] {
  const { loaded, wanted } = facts;
  if (loaded === undefined || loaded.rules === 0) return [missing(contract, facts)];
  return [...changed(contract, loaded, wanted), ...squatted(loaded)];
}

/** Of a host that is down nothing runs that a rule would stop. */
function missing(contract: RuntimeContract, { loaded, isHostDown }: FirewallFacts): DoctorFinding {
  const code = "firewall_missing";
  const none = `The kernel has no ${loaded === undefined ? "table" : "rules in table"} ${TABLE}`;
  if (isHostDown) {
    const message = `${none}: the host is down (${targetUnit(contract)} is inactive), and starts with its rules.`;
    return worthKnowing({ code, subject: TABLE, message, hint: "./scripts/runtime-up.sh" });
  }
  const message = `${none}: slots reach every port of this host, and each other.`;
  return wrong({ code, subject: TABLE, message, hint: `systemctl restart ${nftablesUnit(contract)}` });
}

function changed(contract: RuntimeContract, loaded: FirewallTable, wanted: FirewallTable | undefined): DoctorFinding[] {
  const file = nftablesFile(contract);
  if (wanted === undefined) {
    const message = `Whether the kernel's rules are those of ${file} can not be told: nft does not load it.`;
    return [worthKnowing({ code: "firewall_unjudged", subject: TABLE, message, hint: `nft --check --file ${file}` })];
  }
  const parts = partsThatDiffer(loaded, wanted);
  if (parts.length === 0) return [];
  const message = `The kernel's rules are not those of ${file}: ${parts.join(", ")}.`;
  const hint = `systemctl reload ${nftablesUnit(contract)}`;
  return [wrong({ code: "firewall_changed", subject: TABLE, message, hint })];
}

function squatted({ counters }: FirewallTable): DoctorFinding[] {
  const packets = counters[SQUATTERS_COUNTER] ?? 0;
  if (packets === 0) return [];
  const message = `${packets} packets were dropped because who sent them listens on a port of another service.`;
  const hint = "See who listens where: ss --tcp --listening --numeric --processes";
  return [worthKnowing({ code: "port_squatted", subject: TABLE, message, hint })];
}
