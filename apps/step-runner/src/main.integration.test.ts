import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

/** What it said, and what it exited with. */
function run(argv: string[], env: Record<string, string> = {}): { status: number | null; said: unknown } {
  const node = ["--conditions=oroboros-source", MAIN, ...argv];
  const { status, stdout } = spawnSync(process.execPath, node, { env, encoding: "utf8" });
  return { status, said: JSON.parse(stdout.trim().split("\n").at(-1) ?? "") };
}

test("what no unit runs is refused", () => {
  for (const argv of [["nothing"], ["step", "deploy"]]) {
    const refused = { status: 78, said: { error: { code: "unknown_command" } } };
    expect(run(argv, { SLOT_ID: "preview-1" })).toMatchObject(refused);
  }
});

test.each([["step", "build"], ["backend"], ["purge"]])("a unit that names no slot does nothing: %s", (...argv) => {
  for (const env of [{}, { SLOT_ID: "../preview-1" }])
    expect(run(argv, env)).toMatchObject({ status: 78, said: { error: { code: "invalid_slot" } } });
});
