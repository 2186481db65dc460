/** What nft lists of one table; libnftables-json(5) knows more of each. */
interface Listed {
  rule?: { chain: string };
  chain?: { name: string };
  set?: { name: string; elem?: readonly unknown[] };
  map?: { name: string; elem?: readonly unknown[] };
  counter?: { name: string; packets: number };
}

/** A table as `nft --json list table` tells it. */
export interface FirewallTable {
  rules: number;
  /** Packets by the counter's name. */
  counters: Readonly<Record<string, number>>;
  /** Chains with their rules in order, and sets with their elements in none, by what they are called. */
  parts: ReadonlyMap<string, string>;
}

/** What only says when something was loaded, and how much has passed since. */
const VOLATILE = ["handle", "packets", "bytes"];

export function parseTable(text: string): FirewallTable {
  const { nftables: listed } = JSON.parse(text) as { nftables: Listed[] };
  const counters = listed.flatMap(({ counter }) =>
    counter === undefined ? [] : [[counter.name, counter.packets] as const],
  );
  const parts = new Map<string, string>();
  for (const one of listed) {
    const part = partOf(one);
    if (part !== undefined) parts.set(part, `${parts.get(part) ?? ""}${steady(one)}\n`);
  }
  const rules = listed.filter(({ rule }) => rule !== undefined).length;
  return { rules, counters: Object.fromEntries(counters), parts };
}

function partOf({ rule, chain, set, map }: Listed): string | undefined {
  if (rule !== undefined) return `chain ${rule.chain}`;
  if (chain !== undefined) return `chain ${chain.name}`;
  if (set !== undefined) return `set ${set.name}`;
  return map === undefined ? undefined : `map ${map.name}`;
}

/** The kernel lists a set's elements in an order of its own, each time it is made. */
const steady = (listed: Listed): string =>
  JSON.stringify(listed, (name, value: unknown) => {
    if (VOLATILE.includes(name)) return undefined;
    return name === "elem" && Array.isArray(value) ? value.map((one) => JSON.stringify(one)).toSorted() : value;
  });

/** Chains and sets that are not in both, or not the same. */
export function partsThatDiffer(loaded: FirewallTable, wanted: FirewallTable): string[] {
  const names = new Set([...wanted.parts.keys(), ...loaded.parts.keys()]);
  return [...names].filter((name) => loaded.parts.get(name) !== wanted.parts.get(name));
}
