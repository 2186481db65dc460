import { allHosts } from "./host-names.ts";
import type { RuntimeContract } from "./runtime-contract.ts";
import { MAX_SLOTS } from "./slot-id.ts";
import { allUnits } from "./unit-names.ts";
import { usedDatabases, usedPaths, usedPorts, usedRoles, usedUids } from "./used-names.ts";

const MAX_PORT_OFFSET = 10_000;
const PLAIN_ROOT = /^\/([A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*)?$/;
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const UNIT_PREFIX = /^[a-z][a-z0-9-]{0,31}$/;
const ORIGIN = /^https?:\/\/[a-z0-9.-]+(:[1-9][0-9]{0,4})?$/;
const EMAIL = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[a-z0-9.-]{1,243}$/;
const NETWORK = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\/([89]|[12]\d|3[0-2])$/;
/** Below these nothing that the release ships would run. */
const LEAST_LIMITS = { memoryMb: 128, cpuPercent: 10, tasks: 32 };
const MAX_LIMIT = 1_000_000;
/** 253, less the longest name in front: `preview99.`. */
const MAX_DOMAIN_LENGTH = 243;

/** One thing that has to hold for every contract. */
export interface ContractRule {
  name: string;
  /** What has to hold, for a reader. */
  sentence: string;
  /** `derived` rules may rely on every `fields` rule. */
  about: "fields" | "derived";
  /** What breaks the rule, each beginning with the field or kind it is about; empty where the rule holds. */
  check: (contract: RuntimeContract) => string[];
}

/** Everything `defineContract` holds a contract to. */
export const CONTRACT_RULES: readonly ContractRule[] = [
  field("root_plain", "root", "an absolute path of plain characters that never goes up", isPlainRoot),
  field("slot_count", "slotCount", `a whole number from 1 to ${MAX_SLOTS}`, within(1, MAX_SLOTS)),
  field("port_offset", "portOffset", `a whole number from 0 to ${MAX_PORT_OFFSET}`, within(0, MAX_PORT_OFFSET)),
  field("domain_is_a_host_name", "domain", "a lower-case host name", isHostName),
  field("preview_domain_is_a_host_name", "previewDomain", "a lower-case host name", isHostName),
  field("unit_prefix_plain", "unitPrefix", "a short lower-case name", (value) => UNIT_PREFIX.test(String(value))),
  field("cors_origins_exact", "corsAllowedOrigins", "a list of exact http or https origins", areOrigins),
  field("public_tls_email", "publicTls", "false or an e-mail address of plain characters", isTlsChoice),
  field(
    "slot_limits",
    "slotLimits",
    `whole numbers of at least ${LEAST_LIMITS.memoryMb} MB, ${LEAST_LIMITS.cpuPercent} % and ${LEAST_LIMITS.tasks} tasks`,
    areLimits,
  ),
  field(
    "slot_networks",
    "slotNetworks",
    "a list of IPv4 networks such as 10.1.0.0/16, none of them loopback or link-local",
    areNetworks,
  ),
  unique("ports", usedPorts),
  unique("hosts", allHosts),
  unique("databases", usedDatabases),
  unique("roles", usedRoles),
  unique("units", allUnits),
  unique("paths", usedPaths),
  unique("uids", usedUids),
];

function field(
  name: string,
  key: keyof RuntimeContract,
  what: string,
  holds: (value: unknown) => boolean,
): ContractRule {
  const check = (contract: RuntimeContract): string[] => (holds(contract[key]) ? [] : [`${key}: must be ${what}`]);
  return { name, sentence: `\`${key}\` is ${what}.`, about: "fields", check };
}

function unique(kind: string, all: (contract: RuntimeContract) => (string | number)[]): ContractRule {
  const check = (contract: RuntimeContract): string[] => {
    const taken = duplicates(all(contract));
    return taken.length === 0 ? [] : [`${kind}: ${taken.join(", ")} would be used twice`];
  };
  return { name: `${kind}_unique`, sentence: `No two ${kind} of a contract are the same.`, about: "derived", check };
}

function duplicates<Value>(values: readonly Value[]): Value[] {
  const seen = new Set<Value>();
  return [...new Set(values.filter((value) => seen.size === seen.add(value).size))];
}

function isPlainRoot(value: unknown): boolean {
  return PLAIN_ROOT.test(String(value)) && !String(value).split("/").includes("..");
}

function within(least: number, most: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isHostName(value: unknown): boolean {
  const labels = String(value).split(".");
  // A name that ends in digits is an address to a URL parser, whatever stands before.
  return (
    String(value).length <= MAX_DOMAIN_LENGTH &&
    labels.every((label) => HOST_LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? "")
  );
}

function areOrigins(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((origin: unknown) => typeof origin === "string" && ORIGIN.test(origin) && isOwnOrigin(origin))
  );
}

const isOwnOrigin = (origin: string): boolean => URL.canParse(origin) && new URL(origin).origin === origin;

function isTlsChoice(value: unknown): boolean {
  if (value === false) return true;
  const email = (value as { email?: unknown }).email;
  return typeof email === "string" && EMAIL.test(email) && isHostName(email.split("@")[1]);
}

function areLimits(value: unknown): boolean {
  const limits = value as RuntimeContract["slotLimits"];
  const names = ["memoryMb", "cpuPercent", "tasks"] as const;
  return names.every((name) => within(LEAST_LIMITS[name], MAX_LIMIT)(limits[name]));
}

/** Loopback and link-local are what a slot is kept from, whatever a contract says. */
function areNetworks(value: unknown): boolean {
  return Array.isArray(value) && value.every((network) => typeof network === "string" && isPlainNetwork(network));
}

function isPlainNetwork(network: string): boolean {
  const [first = 0, second = 0, ...rest] = (NETWORK.exec(network) ?? []).slice(1, 5).map(Number);
  const isAddress = rest.length === 2 && [first, second, ...rest].every((byte) => byte <= 255);
  return isAddress && first !== 0 && first !== 127 && first < 224 && !(first === 169 && second === 254);
}
