import { execFile } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isGenerated, unitOutcomeSchema } from "@oroboros/slot-contract/host";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { outcomeProgram } from "./outcome-program.ts";

const run = promisify(execFile);
const UNIT = "ouroboros-step-build@preview1.service";
const ended = { INVOCATION_ID: "5d0b", SERVICE_RESULT: "exit-code", EXIT_CODE: "exited", EXIT_STATUS: "3" };

test("how a unit ended is written whole, for one group and nobody else", async () => {
  await withTempDir(async (directory) => {
    await outcome(directory, ended);
    await outcome(directory, { ...ended, INVOCATION_ID: "6e1c" });
    const file = join(directory, "outcome.json");
    expect(unitOutcomeSchema.parse(JSON.parse(await readFile(file, "utf8")))).toEqual({
      unit: UNIT,
      invocation_id: "6e1c",
      result: "exit-code",
      exit_code: "exited",
      exit_status: "3",
    });
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe("640");
    expect((await readdir(directory)).toSorted()).toEqual(["outcome", "outcome.json"]);
  });
});

test("a unit that started no process has no exit code", async () => {
  await withTempDir(async (directory) => {
    await outcome(directory, { INVOCATION_ID: "5d0b", SERVICE_RESULT: "resources" });
    const text = await readFile(join(directory, "outcome.json"), "utf8");
    expect(unitOutcomeSchema.parse(JSON.parse(text))).toMatchObject({
      result: "resources",
      exit_code: "",
      exit_status: "",
    });
  });
});

test("a group that is not there leaves the outcome before as it is", async () => {
  await withTempDir(async (directory) => {
    await outcome(directory, ended);
    await expect(outcome(directory, { ...ended, EXIT_STATUS: "0" }, "no-such-group")).rejects.toThrow(/no-such-group/);
    expect(await readFile(join(directory, "outcome.json"), "utf8")).toContain('"exit_status":"3"');
  });
});

test("the program is one of the generated files", () => {
  expect(isGenerated(outcomeProgram().text)).toBe(true);
  expect(outcomeProgram().text.split("\n", 1)).toEqual(["#!/bin/sh"]);
});

async function outcome(directory: string, env: Record<string, string>, group = "root"): Promise<void> {
  const program = join(directory, "outcome");
  await writeFile(program, outcomeProgram().text, { mode: 0o755 });
  await run(program, [UNIT, join(directory, "outcome.json"), group], { env: { PATH: "/usr/bin:/bin", ...env } });
}
