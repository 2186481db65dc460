/** All of the cases with `test.sh --full`, else this many of them, spread over the whole list. */
export function fewer<T>(cases: readonly T[], count: number): T[] {
  if (process.env["OROBOROS_TEST_FULL"] === "1" || cases.length <= count) return [...cases];
  return Array.from({ length: count }, (_, index) => cases[Math.floor((index * cases.length) / count)]).flatMap(
    (each) => (each === undefined ? [] : [each]),
  );
}
