import { systemClock } from "@oroboros/host";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import type { ProgramArgv } from "./guard-command.ts";
import { readMigrations, type MigrationRead } from "./read-migrations.ts";

const GUARD: ProgramArgv = [
  process.execPath,
  "--conditions=oroboros-source",
  resolve(import.meta.dirname, "../../../db-safety/src/guard/main.ts"),
];
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** However slow the machine is. */
const LIMITS = { childMs: 40_000, allMs: 100_000 };
const read = (texts: string[], guard = GUARD, signal?: AbortSignal): Promise<MigrationRead[]> =>
  readMigrations({ migrationGuard: guard, clock: systemClock, log }, texts, signal, LIMITS);

/** A guard that answers the texts it knows, and does with the rest what `otherwise` says. */
const guardThat = (otherwise: string): ProgramArgv => [
  process.execPath,
  "-e",
  `let text = "";
  process.stdin.on("data", (chunk) => (text += chunk)).on("end", () => {
    for (const each of JSON.parse(text)) {
      if (each === "fine") require("node:fs").writeSync(1, '{"statements":[],"notAnalysed":null}\\n');
      else { ${otherwise}; break; }
    }
  });`,
];
const FINE: MigrationRead = { statements: [], notAnalysed: null, isFinal: true };
const lost = (notAnalysed: unknown): unknown => ({ statements: [], notAnalysed, isFinal: false });

test("each text is answered in its place", async () => {
  expect(await read(["drop table items", "no sql", "select 1"])).toEqual([
    {
      statements: [{ kind: "drop_table", object: "items", statement: "drop table items", line: 1 }],
      notAnalysed: null,
      isFinal: true,
    },
    { statements: [], notAnalysed: 'syntax error at or near "no" in line 1', isFinal: true },
    FINE,
  ]);
});

test("what is nested too deeply takes nothing from the text after it", async () => {
  const deep = `select ${"1+".repeat(200_000)}1`;
  expect(await read(["select 1", deep, "select 1"])).toEqual([
    FINE,
    { statements: [], notAnalysed: "it is nested too deeply to be read", isFinal: true },
    FINE,
  ]);
});

test("a text that the program dies of is told so, and those around it are read", async () => {
  const texts = ["fine", "deadly", "fine", "deadly"];
  expect(await read(texts, guardThat('process.kill(process.pid, "SIGKILL")'))).toEqual([
    FINE,
    lost("the program that reads it ended with SIGKILL"),
    FINE,
    lost("the program that reads it ended with SIGKILL"),
  ]);
});

test("half an answer is none", async () => {
  expect(await read(["fine", "half"], guardThat(`process.stdout.write('{"statem')`))).toEqual([
    FINE,
    lost("the program that reads it ended with 0"),
  ]);
});

test("a program that is not there is told for every text", async () => {
  const answer = lost("the program that reads it ended with 1");
  expect(await read(["a", "b"], [process.execPath, "/nowhere/guard.js"])).toEqual([answer, answer]);
});

test("a publish that ends takes its reader along", async () => {
  const ended = AbortSignal.timeout(300);
  const startedAt = performance.now();
  const answers = await read(["fine", "endless", "endless"], guardThat("for (;;);"), ended);
  expect(answers).toHaveLength(3);
  expect(answers.slice(1)).toEqual([lost(expect.any(String)), lost("there was no time left to read it")]);
  expect(performance.now() - startedAt).toBeLessThan(LIMITS.childMs);
});
