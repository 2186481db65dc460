const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** How far a moment is away, in its two largest units: `in 2 d 23 h`, `4 min ago`. */
export function relativeTime(moment: Date, now: Date): string {
  const seconds = Math.round((moment.getTime() - now.getTime()) / 1000);
  const parts = partsOf(Math.abs(seconds));
  const first = parts.findIndex(({ count }) => count > 0);
  const shown = first === -1 ? [] : parts.slice(first, first + 2).filter(({ count }) => count > 0);
  if (shown.length === 0) return "now";
  const text = shown.map(({ count, unit }) => `${count} ${unit}`).join(" ");
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}

function partsOf(seconds: number): { count: number; unit: string }[] {
  let rest = seconds;
  return UNITS.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return { count, unit };
  });
}
