import { expect, test } from "vitest";
import { type EndedStep, stepResultOf } from "./step-result.ts";

const UNIT = "ouroboros-step-build@preview1.service";
type Parts = { result?: string; exit?: [string, string]; end?: Partial<EndedStep["end"]> } & Partial<
  Omit<EndedStep, "end">
>;

const ended = ({
  result = "success",
  exit: [code, status] = ["exited", "0"],
  end = {},
  ...rest
}: Parts): EndedStep => ({
  unit: UNIT,
  outcome: { unit: UNIT, invocation_id: "1", result, exit_code: code, exit_status: status },
  said: "",
  end: { hasBegun: true, ...end },
  timedOut: false,
  durationMs: 5,
  memoryMb: 512,
  ...rest,
});
const bySignal = (signal: string) => ({ exit: { exit_code: null, signal, out_of_memory: false } });

test.each<[string, Parts, object]>([
  ["that worked", {}, { exitCode: 0, signal: null, timedOut: false }],
  ["that failed", { result: "exit-code", exit: ["exited", "3"] }, { exitCode: 3, signal: null }],
  [
    "whose program a signal ended",
    { result: "exit-code", exit: ["exited", "139"], end: bySignal("SIGSEGV") },
    { exitCode: null, signal: "SIGSEGV" },
  ],
  ["that exits as if by a signal", { result: "exit-code", exit: ["exited", "139"] }, { exitCode: 139, signal: null }],
  [
    "that was killed with its unit",
    { result: "signal", exit: ["killed", "KILL"] },
    { exitCode: null, signal: "SIGKILL" },
  ],
  [
    "that its unit's own limit ended",
    { result: "timeout", exit: ["killed", "TERM"] },
    { exitCode: null, timedOut: true },
  ],
  ["that was stopped for its time", { timedOut: true, outcome: undefined }, { exitCode: null, timedOut: true }],
  // What a step says about itself is not believed against what root wrote.
  ["that claims to have failed", { end: { error: { code: "step_failed", message: "", hint: "" } } }, { exitCode: 0 }],
  [
    "that claims to have worked",
    { result: "exit-code", exit: ["exited", "1"], end: { exit: { exit_code: 0, signal: null, out_of_memory: false } } },
    { exitCode: 1 },
  ],
])("a step %s", (_what, parts, result) => {
  expect(stepResultOf(ended(parts))).toMatchObject({ durationMs: 5, ...result });
});

test.each<[string, Parts, string, string]>([
  ["that never ran", { outcome: undefined, said: "no such thing" }, "unit_failed", "no such thing"],
  [
    "whose program is missing",
    { result: "exit-code", exit: ["exited", "203"], end: { hasBegun: false } },
    "unit_failed",
    "203",
  ],
  [
    "whose log could not be made",
    { result: "resources", exit: ["", ""], end: { hasBegun: false } },
    "unit_failed",
    "resources",
  ],
  ["out of memory, as systemd says", { result: "oom-kill", exit: ["killed", "KILL"] }, "step_failed", "512 MB"],
  [
    "out of memory, as the kernel counts",
    { result: "exit-code", exit: ["exited", "1"], end: { exit: { exit_code: 1, signal: null, out_of_memory: true } } },
    "step_failed",
    "512 MB",
  ],
  [
    "whose job is refused",
    {
      result: "exit-code",
      exit: ["exited", "78"],
      end: { hasBegun: false, error: { code: "path_refused", message: "a link", hint: "h" } },
    },
    "path_refused",
    "a link",
  ],
  [
    "that claims that its lease is gone",
    {
      result: "exit-code",
      exit: ["exited", "78"],
      end: { error: { code: "stale_lease", message: "forged", hint: "h" } },
    },
    "unit_failed",
    "forged",
  ],
])("a step %s is an error", (_what, parts, code, message) => {
  expect(() => stepResultOf(ended(parts))).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});
