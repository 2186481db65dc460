import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Box } from "@oroboros/test-support";
import type { LoadResult } from "./generate-load.ts";

export type Connections = "keep-alive" | "new";

const PROGRAM = join(import.meta.dirname, "generate-load.ts");
const PER_SECOND = 500;
const REQUESTS = 2_000;

/** Sends 500 requests per second to a URL in the box, acts in the midst of them, and goes on for at least 2,000. */
export async function underLoad(
  box: Box,
  target: { url: string; connections: Connections },
  act: () => Promise<unknown>,
): Promise<LoadResult> {
  const load = [process.execPath, PROGRAM, target.url, String(PER_SECOND), String(REQUESTS), target.connections];
  const [program = "", ...args] = box.inNetwork(load);
  const generator = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const lines = createInterface(generator.stdout)[Symbol.asyncIterator]();
    await lines.next();
    await act();
    generator.stdin.end();
    const { value } = await lines.next();
    return JSON.parse(String(value)) as LoadResult;
  } finally {
    generator.kill("SIGKILL");
  }
}
