import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";

test("an event is one JSON line with its level, time, service and fields", () => {
  const lines: string[] = [];
  const log = createLogger({ service: "worker", to: { write: (line) => lines.push(line) } });
  log.child({ run_id: "r1" }).warn({ slot_id: "preview-1" }, "first line\nsecond line");
  expect(lines).toHaveLength(1);
  expect(lines[0]?.indexOf("\n")).toBe((lines[0]?.length ?? 0) - 1);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    level: "warn",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    service: "worker",
    run_id: "r1",
    slot_id: "preview-1",
    message: "first line\nsecond line",
  });
});

test("a process whose stderr can not be written goes on", () => {
  const source = `import { createLogger } from ${JSON.stringify(new URL("logger.ts", import.meta.url).href)};
    const log = createLogger({ service: "worker" });
    for (let line = 0; line < 3000; line += 1) log.error({ text: "x".repeat(1000) }, "lost");
    console.log("went on");`;
  const full = openSync("/dev/full", "w");
  try {
    const argv = ["--conditions=oroboros-source", "--input-type=module", "-e", source];
    const { status, stdout } = spawnSync(process.execPath, argv, {
      stdio: ["ignore", "pipe", full],
      encoding: "utf8",
      timeout: 20_000,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "went on\n" });
  } finally {
    closeSync(full);
  }
});
