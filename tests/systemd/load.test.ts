import {
  apiPort,
  apiUnit,
  defineContract,
  loopbackUrl,
  webMainPort,
  webMainUnit,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { reportMatrix, rounds } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Host } from "./boot-host.ts";
import { underLoad, type Connections } from "./serving/load.ts";
import { bootServingHost } from "./serving/serving-host.ts";

const RUNS = rounds(10);
const contract = defineContract({ slotCount: 1 });

let host: Host & AsyncDisposable;
beforeAll(async () => {
  host = await bootServingHost(contract);
});
afterAll(() => host?.[Symbol.asyncDispose]());

interface Case {
  readonly what: string;
  readonly unit: (contract: RuntimeContract) => string;
  readonly url: string;
}

const api = { what: "the api", unit: apiUnit, url: `${loopbackUrl(apiPort(contract))}/health` };
const surface = { what: "a surface", unit: webMainUnit, url: `${loopbackUrl(webMainPort(contract))}/` };
const behind = {
  what: "the api behind a surface",
  unit: apiUnit,
  url: `${loopbackUrl(webMainPort(contract))}/api/health`,
};

test.each(
  [api, surface, behind].flatMap((one): (Case & { connections: Connections })[] => [
    { ...one, connections: "keep-alive" },
    { ...one, connections: "new" },
  ]),
)("$what is restarted under 500 requests per second, and none is lost ($connections)", async (given) => {
  const started = performance.now();
  const lost: object[] = [];
  let slowestMs = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const before = await processOf(given);
    const result = await underLoad(host.box, given, () => host.box.systemctl("restart", given.unit(contract)));
    expect(await processOf(given)).not.toBe(before);
    expect(result.sent).toBeGreaterThanOrEqual(2_000);
    if (result.answered !== result.sent) lost.push(result);
    slowestMs = Math.max(slowestMs, result.slowestMs);
  }
  const seconds = Math.round((performance.now() - started) / 1_000);
  const matrix = `restart of ${given.what} under load (${given.connections})`;
  reportMatrix({ matrix, cases: RUNS, violations: lost.length, seconds });
  expect(lost).toEqual([]);
  console.log(`${matrix}: the slowest answer took ${slowestMs} ms`);
});

const processOf = ({ unit }: Case): Promise<string> =>
  host.box.systemctl("show", "--property=MainPID", "--value", unit(contract));
