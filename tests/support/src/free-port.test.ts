import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { freePort } from "./free-port.ts";
import { portOffsets, portsOf } from "./take-port-offset.ts";

const MODULE = new URL("free-port.ts", import.meta.url).href;

test("nobody is given a port twice, here or in another process, though nobody listens on it", async () => {
  const script = `const { freePort } = await import(${JSON.stringify(MODULE)});
    console.log(JSON.stringify(await Promise.all(Array.from({ length: 500 }, freePort))));`;
  const ours = new Set(await Promise.all(Array.from({ length: 100 }, freePort)));
  expect(ours.size).toBe(100);
  const inAnother = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  const theirs = JSON.parse(inAnother) as number[];
  expect(new Set(theirs).size).toBe(500);
  expect(theirs.filter((port) => ours.has(port))).toEqual([]);
});

/** Where a kernel begins that was told nothing else (ip_local_port_range in ip(7)). */
const FIRST_OF_CONNECTIONS = 32_768;

test("a port is none of an offset's, and none that a connection could come by", async () => {
  const ports = await Promise.all(Array.from({ length: 100 }, freePort));
  expect(Math.min(...ports)).toBeGreaterThan(Math.max(...portOffsets().flatMap(portsOf)));
  expect(Math.max(...ports)).toBeLessThan(FIRST_OF_CONNECTIONS);
});
