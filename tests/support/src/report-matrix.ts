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
  const line = JSON.stringify({ ...result, not_enforced: result.not_enforced ?? [] });
  mkdirSync(REPORTS, { recursive: true });
  appendFileSync(`${REPORTS}/matrices.jsonl`, `${line}\n`);
  console.log(line);
}
