import { appendFileSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";

const REPORTS = resolve(import.meta.dirname, "../../../.cache/test-reports");

/** What came of many cases of one kind, of which each either kept the promise or broke it. */
export interface MatrixResult {
  matrix: string;
  cases: number;
  violations: number;
  /** What this machine could not check, by name. */
  not_enforced?: readonly string[];
  seconds?: number;
  /** Which of the two queues the cases ran on, where it matters. */
  dispatcher?: "postgres" | "redis";
  seed?: number;
}

/** Adds one JSON line to those that `scripts/test.sh` ends with. The test itself fails on a violation; this only tells. */
export function reportMatrix(result: MatrixResult): void {
  const line = { ...result, not_enforced: result.not_enforced ?? [] };
  note("matrices", line);
  console.log(JSON.stringify(line));
}

/** Adds a line to a report of its own: a matrix of hours can be watched, and what it had found is there when it is stopped. */
export function note(report: string, line: object): void {
  mkdirSync(REPORTS, { recursive: true });
  appendFileSync(`${REPORTS}/${report}.jsonl`, `${JSON.stringify(line)}\n`);
}
