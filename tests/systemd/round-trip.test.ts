import { serializeEnvFile } from "@oroboros/slot-contract";
import { bootBox, reportMatrix, rounds, type Box } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostileValues } from "./hostile-values.ts";
import { descriptions, dumping, isCarried, output, properties, unitText, writeUnits } from "./read-back.ts";

const COUNT = rounds(10_000);
// So many arguments or variables fit one command (execve(2)), and one message of the bus.
const BATCH = 500;
const ENV_FILE = "/run/values.env";
const seed = Date.now() % 2 ** 31;

let box: Box;
beforeAll(async () => {
  box = await bootBox({ network: "none" });
});
afterAll(() => box.stop());

test("the arguments of a command", async () => {
  const unit = (values: string[]) => dumping({ ExecStart: { argv: ["/usr/bin/printf", "%s\\0", ...values] } });
  await expectSame({
    matrix: "exec argument round trip",
    write: unit,
    read: async (values) => (await output(box, unit(values))).split("\0").slice(0, -1),
  });
});

test("the variables of a unit", async () => {
  const unit = (values: string[]) =>
    dumping({ Environment: numbered(values), ExecStart: { argv: ["/bin/cat", "/proc/self/environ"] } });
  await expectSame({
    matrix: "unit variable round trip",
    // systemd takes only these of the control characters in a variable (env_value_is_valid).
    mayRefuse: (value) => /(?![\t\n\u0080-\u009f])\p{Cc}/u.test(value),
    write: unit,
    read: async (values) => numberedIn(await output(box, unit(values))),
  });
});

test("the variables of an env file", async () => {
  const unit = dumping({ EnvironmentFile: ENV_FILE, ExecStart: { argv: ["/bin/cat", "/proc/self/environ"] } });
  await expectSame({
    matrix: "env file round trip",
    mayRefuse: (value) => /(?![\t\u0080-\u009f])\p{Cc}/u.test(value),
    write: (values) => serializeEnvFile(numbered(values)),
    read: async (values) => {
      await box.write(ENV_FILE, serializeEnvFile(numbered(values)));
      return numberedIn(await output(box, unit));
    },
  });
});

test("the paths of a list", async () => {
  const unit = (values: string[]) =>
    unitText({ Service: { ExecStart: { argv: ["/bin/true"] }, ReadWritePaths: values } });
  await expectSame({
    matrix: "listed path round trip",
    from: asPath,
    mayRefuse: (value) => /[\p{Cc}:]/u.test(value) || !isPlainPath(value),
    write: unit,
    read: async (values) => {
      await writeUnits(box, [unit(values)]);
      return (await properties(box, 1, "ReadWritePaths"))[0] as string[];
    },
  });
});

test("a unit's description", async () => {
  const unit = (value: string) =>
    unitText({ Unit: { Description: value }, Service: { ExecStart: { argv: ["/bin/true"] } } });
  await expectSame({
    matrix: "description round trip",
    mayRefuse: (value) => isNoLine(value) || value === "",
    write: (values) => values.map(unit),
    read: async (values) => {
      await writeUnits(box, values.map(unit));
      return descriptions(box, values.length);
    },
  });
});

test("a unit's working directory", async () => {
  const unit = (value: string) =>
    unitText({ Service: { ExecStart: { argv: ["/bin/true"] }, WorkingDirectory: value } });
  await expectSame({
    matrix: "single path round trip",
    count: Math.ceil(COUNT / 10),
    from: asPath,
    mayRefuse: (value) => isNoLine(value) || !isPlainPath(value),
    write: (values) => values.map(unit),
    read: async (values) => {
      await writeUnits(box, values.map(unit));
      return (await properties(box, values.length, "WorkingDirectory")) as string[];
    },
  });
});

test("a writer that escapes nothing is noticed", async () => {
  const values = hostileValues(BATCH, seed).filter((value) => isText(value) && value !== "" && !isNoLine(value));
  await writeUnits(
    box,
    values.map((value) => `[Unit]\nDescription=${value}\n[Service]\nExecStart=/bin/true\n`),
  );
  expect(await descriptions(box, values.length)).not.toEqual(values);
});

interface RoundTrip {
  readonly matrix: string;
  readonly count?: number;
  /** Makes a value out of a hostile text. */
  readonly from?: (text: string) => string;
  /** Texts that the form can not hold; those that are no Unicode text or hold a NUL no form can. */
  readonly mayRefuse?: (value: string) => boolean;
  readonly write: (values: string[]) => unknown;
  readonly read: (values: string[]) => Promise<string[]>;
}

/** What systemd has parsed equals what was written, and only what can not be written is refused. */
async function expectSame({
  matrix,
  count = COUNT,
  from = (text) => text,
  mayRefuse = () => false,
  write,
  read,
}: RoundTrip) {
  const values = hostileValues(count, seed).map(from);
  const carried = values.filter((value) => isCarried(() => write([value])));
  const refused = values.filter((value) => !carried.includes(value));
  const violations = refused.filter((value) => isText(value) && !mayRefuse(value));
  for (let at = 0; at < carried.length; at += BATCH) {
    const batch = carried.slice(at, at + BATCH);
    const parsed = await read(batch);
    violations.push(...batch.filter((value, index) => parsed[index] !== value));
  }
  reportMatrix({ matrix, cases: values.length, violations: violations.length, seed });
  expect(violations.map((value) => JSON.stringify(value))).toEqual([]);
  expect(carried.length).toBeGreaterThan(values.length / 4);
}

const isText = (value: string): boolean => value.isWellFormed() && !/[\0\p{Noncharacter_Code_Point}]/u.test(value);
const asPath = (text: string): string => `/${text}`;
const isPlainPath = (path: string): boolean => !/\/\/|\/\.\.?(\/|$)|.\/$/su.test(path) && path !== "/";
/** What is read to the end of its line has neither blanks nor a backslash there. */
const isNoLine = (value: string): boolean => /(?![\u0080-\u009f])\p{Cc}|^ | $|\\$/u.test(value);

const numbered = (values: string[]): Record<string, string> =>
  Object.fromEntries(values.map((value, index) => [`V${index}`, value]));

function numberedIn(environ: string): string[] {
  const variables = new Map<string, string>();
  for (const entry of environ.split("\0"))
    variables.set(entry.split("=", 1)[0] ?? "", entry.slice(entry.indexOf("=") + 1));
  return Array.from({ length: variables.size }, (_, index) => variables.get(`V${index}`)).filter(
    (value) => value !== undefined,
  );
}
