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
