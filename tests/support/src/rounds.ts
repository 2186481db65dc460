/** How often a repeated test repeats: the whole count with `test.sh --full`, which sets OROBOROS_TEST_FULL, else a tenth of it. */
export const rounds = (full: number): number =>
  process.env["OROBOROS_TEST_FULL"] === "1" ? full : Math.ceil(full / 10);
