/**
 * Which of two versions comes first, by the rules of Debian's (deb-version(7)): an epoch, then runs of other characters and of digits by
 * turns, where `~` comes before everything, even the end.
 */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [withEpoch(one), withEpoch(other)];
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  return compareText(a.upstream, b.upstream) || compareText(a.revision, b.revision);
}

function withEpoch(version: string): { epoch: number; upstream: string; revision: string } {
  const [, epoch = "0", rest = version] = /^(\d+):(.*)$/.exec(version) ?? [];
  const dash = rest.lastIndexOf("-");
  const [upstream, revision] = dash === -1 ? [rest, ""] : [rest.slice(0, dash), rest.slice(dash + 1)];
  return { epoch: Number(epoch), upstream, revision };
}

function compareText(one: string, other: string): number {
  const [a, b] = [pieces(one), pieces(other)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const [left = "", right = ""] = [a[index], b[index]];
    // Pieces at odd places are numbers.
    const order = index % 2 === 1 ? Number(left) - Number(right) : compareOther(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

const pieces = (text: string): string[] => text.split(/(\d+)/);

function compareOther(one: string, other: string): number {
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const order = weight(one[index]) - weight(other[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Letters come before everything else but the end and `~`. */
function weight(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === "~") return -1;
  const code = character.codePointAt(0) ?? 0;
  return /[A-Za-z]/.test(character) ? code : code + 256;
}
