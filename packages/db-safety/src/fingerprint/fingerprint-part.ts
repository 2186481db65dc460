/** One object of a database, or what one object holds, with a hash of it. */
export type FingerprintPart = Readonly<{ kind: string; name: string; hash: string }>;

/** The parts that are not the same in both, in words: `rows of public.items`, `table public.items`. */
export function differences(one: readonly FingerprintPart[], other: readonly FingerprintPart[]): string[] {
  const hashes = new Map(one.map((part) => [titleOf(part), part.hash]));
  const changed = other.filter((part) => hashes.get(titleOf(part)) !== part.hash).map(titleOf);
  const present = new Set(other.map(titleOf));
  const gone = [...hashes.keys()].filter((title) => !present.has(title));
  return [...new Set([...changed, ...gone])].toSorted();
}

const titleOf = ({ kind, name }: FingerprintPart): string => `${kind} ${name}`;
