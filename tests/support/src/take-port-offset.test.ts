import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { OFFSET_PORTS, portOffsets, portsOf, takePortOffset } from "./take-port-offset.ts";

const MODULE = new URL("take-port-offset.ts", import.meta.url).href;

test("nobody is given an offset twice, here or in another process, until the one that has it ends", async () => {
  const ours = [await takePortOffset(), await takePortOffset()];
  const script = `const { takePortOffset } = await import(${JSON.stringify(MODULE)}); console.log(await takePortOffset());`;
  const inAnother = (): number =>
    Number(execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }));
  const theirs = inAnother();
  expect(new Set([...ours, theirs]).size).toBe(3);
  // It may have been given to a test that runs at the same time; ours may not.
  expect(ours).not.toContain(inAnother());
});

test("an offset with a port on which somebody listens is left alone", async () => {
  const first = await takePortOffset();
  const listening = createServer();
  const offsets = portOffsets();
  const next = Number(offsets[offsets.indexOf(first) + 1]);
  await new Promise<void>((resolve) => listening.listen(OFFSET_PORTS[0] + next, "127.0.0.1", resolve));
  const taken = [await takePortOffset(), await takePortOffset()];
  listening.close();
  expect(taken.flatMap(portsOf)).not.toContain(OFFSET_PORTS[0] + next);
});
