import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { OFFSET_PORTS, portsOf, releasePortOffset, takePortOffset } from "./take-port-offset.ts";

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
  // Ours when we begin to listen: on a port of another's a test might just be starting its runtime.
  const offset = await takePortOffset();
  const port = OFFSET_PORTS[0] + offset;
  const listening = createServer();
  await new Promise<void>((resolve) => listening.listen(port, "127.0.0.1", resolve));
  releasePortOffset(offset);
  const taken = [await takePortOffset(), await takePortOffset()];
  listening.close();
  expect(taken.flatMap(portsOf)).not.toContain(port);
});
