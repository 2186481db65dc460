import { benchColdStart } from "./cold-start.ts";
import { benchDbReset } from "./db-reset.ts";
import { benchFrontendSync } from "./frontend-sync.ts";
import { benchHealthCheck } from "./health-check.ts";
import { benchLeaseHeartbeat } from "./lease-heartbeat.ts";
import { benchMemory } from "./memory.ts";
import { benchPublishOverhead } from "./publish-overhead.ts";
import type { Bench, BenchResult } from "./result.ts";

const BENCHES: Record<string, Bench> = {
  "publish-overhead": benchPublishOverhead,
  "frontend-sync": benchFrontendSync,
  "lease-heartbeat": benchLeaseHeartbeat,
  "cold-start": benchColdStart,
  "db-reset": benchDbReset,
  memory: benchMemory,
  "health-check": benchHealthCheck,
};

const names = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const quick = process.argv.includes("--quick");
const unknown = names.filter((name) => !(name in BENCHES));

if (names.length === 0 || unknown.length > 0) {
  process.stderr.write(`Usage: pnpm bench <name>... [--quick]\nNames: ${Object.keys(BENCHES).join(", ")}\n`);
  process.exit(2);
}

const results: BenchResult[] = [];
for (const name of names) {
  const result = await BENCHES[name]?.({ quick, say: (line) => process.stderr.write(`${line}\n`) });
  if (result !== undefined) results.push(result);
}
for (const result of results) {
  for (const row of result.table) process.stdout.write(`${row}\n`);
  const { table: _table, ...line } = result;
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
