import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { reportMatrix, rounds } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { aSeed } from "../testing/a-sequence.ts";
import type { PlayRequest } from "../testing/played-schedules.ts";

const PROGRAM = fileURLToPath(new URL("../testing/play-schedules.ts", import.meta.url));
const SCHEDULES = rounds(1_000, 40);
/** On a machine that does a lot else. */
const TIMEOUT_MS = 600_000;
const UNFENCED_SEED = 1;
/** The first few break something; how a machine orders them is no promise. */
const UNFENCED_SCHEDULES = 200;

async function play(request: PlayRequest, signal: AbortSignal): Promise<string[]> {
  const argv = ["--conditions=oroboros-source", PROGRAM, JSON.stringify(request)];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { signal });
  return JSON.parse(stdout) as string[];
}

test(
  `in ${SCHEDULES} schedules of pauses, expiries and double deliveries nothing is done twice, or under a lost lease`,
  { timeout: TIMEOUT_MS },
  async ({ signal }) => {
    const seed = aSeed();
    const startedAt = performance.now();
    const broken = await play({ seed, schedules: SCHEDULES, isFenced: true, untilBroken: false }, signal);
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    reportMatrix({ matrix: "schedules", cases: SCHEDULES, violations: broken.length, seed, seconds });
    expect(broken).toEqual([]);
  },
);

test("the same schedules break promises where nothing is fenced", { timeout: TIMEOUT_MS }, async ({ signal }) => {
  const request = { seed: UNFENCED_SEED, schedules: UNFENCED_SCHEDULES, isFenced: false, untilBroken: true };
  expect(await play(request, signal)).not.toEqual([]);
});
