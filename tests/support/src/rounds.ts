const isFull = (): boolean => process.env["OROBOROS_TEST_FULL"] === "1";

/** How often a repeated test repeats: the whole count with `test.sh --full`, which sets OROBOROS_TEST_FULL, else a tenth of it. */
export const rounds = (full: number, reduced = Math.ceil(full / 10)): number => (isFull() ? full : reduced);

/** All of the cases with `test.sh --full`, else this many of them, spread over the whole list. */
export function fewer<T>(cases: readonly T[], count: number): T[] {
  if (isFull() || cases.length <= count) return [...cases];
  return Array.from({ length: count }, (_, index) => cases[Math.floor((index * cases.length) / count)]).flatMap(
    (each) => (each === undefined ? [] : [each]),
  );
}
