/** What a benchmark prints: rows for a person, and the last line for a machine. */
export interface BenchResult {
  bench: string;
  ratios: Record<string, number>;
  targets: Record<string, number>;
  met: boolean;
  /** What `--quick` left out. */
  not_measured: string[];
  table: string[];
}

export type Bench = (options: { quick: boolean; say: (line: string) => void }) => Promise<BenchResult>;

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));
