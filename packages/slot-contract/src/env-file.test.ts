import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { rounds, withTempDir } from "@oroboros/test-support";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseEnvFile, serializeEnvFile } from "./env-file.ts";

const ENVIRONMENT_D = "/lib/systemd/user-environment-generators/30-systemd-environment-d-generator";
const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,12}$/);
// What systemd reads in no env file, as tests/systemd sees for itself.
const UNREADABLE = /(?![\t\u0080-\u009f])\p{Cc}|[\p{Cs}\p{Noncharacter_Code_Point}]/u;
const hostileValue = fc
  .oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom('"', "\\", "$", "`", "'", "#", "=", " ", "\t", "\u2028", "\u0085", "a") }),
  )
  .filter((value) => !UNREADABLE.test(value));

test("every value that fits on a line reads back unchanged", () => {
  fc.assert(
    fc.property(fc.dictionary(name, hostileValue, { noNullPrototype: true }), (variables) => {
      expect(parseEnvFile(serializeEnvFile(variables))).toEqual(variables);
    }),
    { numRuns: rounds(10_000) },
  );
});

test("no value can add a variable, whatever stands around it", () => {
  const attack = fc.constantFrom(
    '"',
    "\\",
    "\u2028",
    "\u0085",
    "\v",
    "\f",
    "\nEVIL=1",
    "\rEVIL=1",
    "EVIL=1",
    " #",
    "=",
  );
  const value = fc.array(attack, { maxLength: 6 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(value, (text) => {
      fc.pre(!UNREADABLE.test(text));
      expect(Object.keys(parseEnvFile(serializeEnvFile({ A: text, B: "b" })))).toEqual(["A", "B"]);
    }),
  );
});

/** Random ones, and what has to be said of them where they are not read back. */
function sampleOf(values: fc.Arbitrary<string>, numRuns: number): { variables: Record<string, string>; drawn: string } {
  const seed = Math.trunc(Math.random() * 2 ** 31);
  return { variables: numbered(fc.sample(values, { numRuns, seed })), drawn: `drawn with the seed ${seed}` };
}

test("a shell that sources the file has every value byte for byte, and runs none", async () => {
  const { variables, drawn } = sampleOf(hostileValue, rounds(10_000));
  await withTempDir(async (directory) => {
    const file = await written(directory, variables);
    const { stdout } = await run("bash", ["--norc", "-c", 'set -a; . "$1"; env -0', "bash", file], QUIET);
    expect(ours(fromNulls(stdout)), drawn).toEqual(variables);
  });
});

test.skipIf(!existsSync(ENVIRONMENT_D))("systemd's own parser has every printable value byte for byte", async () => {
  // Its environment.d reader is the one program that parses such a file without a manager; it alone expands dollars afterwards,
  // leaves empty values out, and writes control characters as octal numbers.
  const printable = hostileValue.filter((value) => value !== "" && !/[$\p{C}\p{Z}]/u.test(value.replaceAll(" ", "")));
  const { variables, drawn } = sampleOf(printable, rounds(1_000));
  await withTempDir(async (directory) => {
    await mkdir(join(directory, "environment.d"));
    await written(join(directory, "environment.d"), variables);
    const { stdout } = await run(ENVIRONMENT_D, [], { ...QUIET, env: { XDG_CONFIG_HOME: directory } });
    expect(ours(parseEnvFile(stdout)), drawn).toEqual(variables);
  });
});

const QUIET = { env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C" }, maxBuffer: 64 * 1024 * 1024 };
const run = promisify(execFile);

const numbered = (values: string[]): Record<string, string> =>
  Object.fromEntries(values.map((value, index) => [`VALUE_${index}`, value]));

const ours = (variables: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([key]) => key.startsWith("VALUE_")));

const fromNulls = (text: string): Record<string, string> =>
  Object.fromEntries(text.split("\0").map((entry) => [entry.split("=", 1)[0], entry.slice(entry.indexOf("=") + 1)]));

async function written(directory: string, variables: Record<string, string>): Promise<string> {
  const file = join(directory, "variables.conf");
  await writeFile(file, serializeEnvFile(variables));
  return file;
}

test("quotes, backslashes, dollars and backquotes are escaped as systemd reads them", () => {
  expect(serializeEnvFile({ URL: 'a"b\\c$d`e' })).toBe('URL="a\\"b\\\\c\\$d\\`e"\n');
});

test.each([
  { lower: "x" },
  { "A B": "x" },
  { "A\nB": "x" },
  { "": "x" },
  { "1A": "x" },
  { A: "two\nlines" },
  { A: "two\rlines" },
  { A: "nul\0" },
  { A: "bell\u0007" },
  { A: "half a character \ud800" },
  { A: "no character \uffff" },
])("%j is refused", (variables) => {
  expect(() => serializeEnvFile(variables as Record<string, string>)).toThrow(
    expect.objectContaining({ code: "invalid_environment" }),
  );
});

test("a refused value does not appear in the message", () => {
  expect(() => serializeEnvFile({ TOKEN: "s3cret\n" })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("s3cret") }),
  );
});

test("the documents' unquoted lines, comments and Windows line ends are read", () => {
  expect(parseEnvFile('# slots\r\nSLOT_ID=preview-1\r\n\r\nexport X=1\r\nB="two words"')).toEqual({
    SLOT_ID: "preview-1",
    B: "two words",
  });
});
