import { OperatorError } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import type { CommandOutcome } from "./command.ts";
import { printOutcome } from "./print-outcome.ts";
import { oneObject } from "./testing/run-here.ts";
import type { World } from "./world.ts";

const error = new OperatorError("lease_held", "Held.", { hint: "Wait." });
const own = { command: ["sh", "migrate.sh"], ok: "yes", applied: [] };
// What no report may have; the compiler refuses it where the type of the report is known.
// @ts-expect-error the envelope's words
const REFUSED: CommandOutcome = { ok: true, fields: { command: ["sh"] }, text: "" };
const reports = [{ ok: true, fields: own, text: "" }, { ok: false, fields: own, error }, REFUSED] as CommandOutcome[];

test.each(reports)("no report has a word of its own for ok and command: %j", (outcome) => {
  let printed = "";
  const stream = { write: (text: string) => void (printed += text), isTerminal: false };
  printOutcome("db migrate", outcome, {
    world: { stdout: stream, stderr: stream } as unknown as World,
    style: { isText: false, hasColour: false },
  });
  expect(oneObject(printed)).toMatchObject({ ok: outcome.ok, command: "db migrate" });
  expect(printed.startsWith(`{"ok":${outcome.ok},"command":"db migrate"`)).toBe(true);
});
