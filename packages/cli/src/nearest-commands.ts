const MAX_NAMED = 3;
/** A slip of the finger or two; what is further away was not meant. */
const MAX_DISTANCE = 2;

/**
 * The commands that somebody may have meant, nearest first: a known noun's, whatever verb he typed; else those a few letters away
 * from what he typed, or from its noun or verb alone.
 */
export function nearestCommands(typed: readonly string[], names: readonly string[]): string[] {
  const [noun = "", verb = ""] = typed;
  const ofNoun = names.filter((name) => name.startsWith(`${noun} `));
  const known = ofNoun.length === 0 ? names : ofNoun;
  const isMeant = (distances: number[]): boolean =>
    ofNoun.length > 0 || distances.every((distance) => distance <= MAX_DISTANCE);
  return known
    .map((name) => ({ name, distances: distancesOf({ noun, verb }, name) }))
    .filter(({ distances }) => isMeant(distances))
    .toSorted((a, b) => sum(a.distances) - sum(b.distances))
    .slice(0, MAX_NAMED)
    .map(({ name }) => name);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Word by word; one word alone may be meant as a noun or as a verb. */
function distancesOf({ noun, verb }: { noun: string; verb: string }, name: string): number[] {
  const [, knownNoun = "", knownVerb = ""] = /^(.*?)(?: (\S+))?$/.exec(name) ?? [];
  if (verb !== "") return [editDistance(noun, knownNoun), editDistance(verb, knownVerb)];
  return [Math.min(editDistance(noun, knownNoun), editDistance(noun, knownVerb || knownNoun))];
}

/** How many letters have to be put in, taken out or changed to make one word of the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(from).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(to).entries()) {
      const changed = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
