import { OperatorError } from "@oroboros/slot-contract";
import { rounds } from "@oroboros/test-support";
import fc from "fast-check";
import { expect, test } from "vitest";
import { serializeUnit } from "./serialize-unit.ts";
import { readUnit, withSpecifiers, withVariables, wordsOf, type ReadLine } from "./testing/read-unit.ts";
import type { UnitFile } from "./unit-file.ts";

const HOSTILE = [
  "%",
  "$",
  "${",
  "}",
  "\\",
  '"',
  "'",
  " ",
  "\t",
  "\n",
  "\r",
  ";",
  "#",
  "=",
  "[",
  "]",
  "-",
  "+",
  "@",
  "!",
  ":",
  ",",
];
/** What a value may be made of to end a line, a word or a quote early, or to have something filled in. */
const hostile = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary-ascii" }),
  fc.string({ unit: fc.constantFrom(...HOSTILE, "n", "x41", "HOME", "é", "\u0085", "\u2028", "\u{1f600}") }),
);
const runs = { numRuns: rounds(10_000) };

const written = (unit: UnitFile): ReadLine[] => readUnit(serializeUnit({ name: "a.service", unit }));

/** The lines, or undefined where the value was refused as one that no unit can carry. */
function writtenOrRefused(unit: UnitFile): ReadLine[] | undefined {
  try {
    return written(unit);
  } catch (error) {
    if (error instanceof OperatorError && error.code === "invalid_contract") return undefined;
    throw error;
  }
}

test("a command's arguments come back byte for byte, and a NUL is all that is refused", () => {
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 5 }), (args) => {
      const lines = writtenOrRefused({ Service: { ExecStart: { argv: ["/bin/true", ...args] }, User: "root" } });
      if (lines === undefined) {
        expect(args.join("")).toMatch(/\0|\p{Noncharacter_Code_Point}/u);
        return;
      }
      expect(lines.map(({ directive }) => directive)).toEqual(["ExecStart", "User"]);
      const argv = wordsOf(lines[0]?.value ?? "", "c").map((word) => withVariables(withSpecifiers(word)));
      expect(argv).toEqual(["/bin/true", ...args]);
    }),
    runs,
  );
});

test("a variable's value comes back byte for byte, or is refused for a control character", () => {
  fc.assert(
    fc.property(hostile, (value) => {
      const lines = writtenOrRefused({ Service: { Environment: { NAME: value, OTHER: "1" } } });
      if (lines === undefined) {
        expect(value).toMatch(/(?![\t\n])\p{Cc}|\p{Noncharacter_Code_Point}/u);
        return;
      }
      const read = lines.flatMap((line) => wordsOf(line.value, "c").map((word) => withSpecifiers(word)));
      expect(read).toEqual([`NAME=${value}`, "OTHER=1"]);
    }),
    runs,
  );
});

test("a description and a path come back byte for byte, or are refused", () => {
  fc.assert(
    fc.property(hostile, (value) => {
      const text = writtenOrRefused({ Unit: { Description: value } });
      if (text !== undefined) expect(text.map((line) => withSpecifiers(line.value))).toEqual([value]);
      const path = writtenOrRefused({ Service: { WorkingDirectory: `/${value}` } });
      if (path !== undefined) expect(path.map((line) => withSpecifiers(line.value))).toEqual([`/${value}`]);
      const list = writtenOrRefused({ Service: { ReadWritePaths: [`/${value}`, "/b"] } });
      const paths = list?.flatMap((line) => wordsOf(line.value, "plain").map((word) => withSpecifiers(word)));
      if (paths !== undefined) expect(paths).toEqual([`/${value}`, "/b"]);
    }),
    runs,
  );
});

test("a name with anything but plain characters is refused", () => {
  fc.assert(
    fc.property(hostile, (value) => {
      const lines = writtenOrRefused({ Unit: { After: [value] } });
      if (lines !== undefined) expect(lines).toEqual([{ section: "Unit", directive: "After", value }]);
      expect(lines === undefined).toBe(!/^[A-Za-z0-9@~:.,_*/+=-]+%?$/.test(value));
    }),
    runs,
  );
});

const textOf = (unit: UnitFile): string => serializeUnit({ name: "a.service", unit }).split("\n").slice(2).join("\n");

test("every character that means something to systemd has its escape", () => {
  const argv = [
    "/bin/echo",
    "plain",
    "",
    "a b",
    "100%",
    "$HOME",
    "${A}",
    'say "x"',
    "back\\slash",
    "a\nb\r\tc\u0007",
    ";",
    "-x",
  ] as const;
  expect(textOf({ Service: { ExecStart: { argv } } })).toBe(
    '[Service]\nExecStart=/bin/echo plain "" "a b" 100%% $$HOME "$${A}" "say \\"x\\"" "back\\\\slash" "a\\nb\\r\\tc\\x07" ";" -x\n',
  );
});

test("specifiers are filled in only where they are meant", () => {
  const unit: UnitFile = {
    Unit: { Description: ["%i of ", { specifier: "i" }], After: [["web@", { specifier: "i" }, ".socket"]] },
    Service: { ExecStart: { argv: ["/bin/echo", ["%n is ", { specifier: "n" }]] } },
  };
  expect(textOf(unit)).toBe(
    '[Unit]\nDescription=%%i of %i\nAfter=web@%i.socket\n\n[Service]\nExecStart=/bin/echo "%%n is %n"\n',
  );
});

test("flags, numbers, sizes, shares and times are written as systemd takes them", () => {
  const unit: UnitFile = {
    Service: {
      Restart: "always",
      PrivateTmp: true,
      ProtectHome: false,
      TasksMax: 32,
      MemoryMax: 512,
      MemorySwapMax: 0,
    },
    Timer: { OnActiveSec: 90, AccuracySec: 0.25, OnCalendar: ["*-*-*", "03:30:00"] },
  };
  expect(textOf(unit)).toBe(
    "[Service]\nRestart=always\nPrivateTmp=yes\nProtectHome=no\nTasksMax=32\nMemoryMax=512M\nMemorySwapMax=0\n" +
      "\n[Timer]\nOnActiveSec=90s\nAccuracySec=250ms\nOnCalendar=*-*-* 03:30:00\n",
  );
  expect(
    textOf({ Service: { CPUQuota: 150, CapabilityBoundingSet: [], SystemCallFilter: [["@a"], ["~@b", "c"]] } }),
  ).toBe("[Service]\nCPUQuota=150%\nCapabilityBoundingSet=\nSystemCallFilter=@a\nSystemCallFilter=~@b c\n");
});

test("a command says who it runs as, and whether it matters", () => {
  const argv = ["/bin/true"] as const;
  const unit: UnitFile = {
    Service: { ExecStart: { argv }, ExecStop: { argv, mayFail: true }, ExecStopPost: { argv, asRoot: true } },
  };
  expect(textOf(unit)).toBe("[Service]\nExecStart=/bin/true\nExecStop=-/bin/true\nExecStopPost=+/bin/true\n");
});

const REFUSED: [what: string, unit: UnitFile, why: RegExp][] = [
  ["a NUL in an argument", { Service: { ExecStart: { argv: ["/bin/a", "\0"] } } }, /ExecStart= of a\.service.*NUL/],
  ["half of a surrogate pair", { Service: { ExecStart: { argv: ["/bin/a", "\ud800"] } } }, /no Unicode text/],
  ["a character that is none", { Service: { Environment: { A: "\ufffe" } } }, /Environment=.*no Unicode text/],
  ["a relative program", { Service: { ExecStart: { argv: ["bin/a"] } } }, /no plain program/],
  ["a variable in a program", { Service: { ExecStart: { argv: ["/bin/$A"] } } }, /no plain program/],
  ["a quote in a program", { Service: { ExecStart: { argv: ["/bin/'a"] } } }, /no plain program/],
  ["a line break in a description", { Unit: { Description: "a\nb" } }, /Description=.*control character/],
  ["a carriage return in a description", { Unit: { Description: "a\rb" } }, /control character/],
  ["a description that is empty", { Unit: { Description: "" } }, /empty/],
  ["blanks at an end of a description", { Unit: { Description: "a " } }, /blanks at an end/],
  ["a backslash at an end of a description", { Unit: { Description: "a\\" } }, /goes on with the next line/],
  ["a carriage return in a variable", { Service: { Environment: { A: "\r" } } }, /control character/],
  ["a name that is no variable's", { Service: { Environment: { "A B": "" } } }, /no name of a variable/],
  ["a relative path", { Service: { WorkingDirectory: "srv" } }, /no plain absolute path/],
  ["a path that goes up", { Service: { WorkingDirectory: "/srv/../etc" } }, /no plain absolute path/],
  ["a path that goes up at its beginning", { Service: { ReadWritePaths: ["/../etc"] } }, /no plain absolute path/],
  ["two paths in one", { Service: { ReadWritePaths: ["/a:/etc"] } }, /colon separates/],
  ["a line break in a path", { Service: { ReadWritePaths: ["/a\n/etc"] } }, /control character/],
  ["a pattern of env files", { Service: { EnvironmentFile: "/etc/*.env" } }, /pattern/],
  ["a blank in a name", { Unit: { After: ["a.service b.service"] } }, /plain names/],
  ["a specifier in a name", { Unit: { After: ["%i.service"] } }, /plain names/],
  ["half a task", { Service: { TasksMax: 1.5 } }, /whole number/],
  ["no number", { Service: { TimeoutStopSec: Number.NaN } }, /whole number/],
];

test.each(REFUSED)("%s is refused, and the directive is named", (_what, unit, why) => {
  expect(() => serializeUnit({ name: "a.service", unit })).toThrow(
    expect.objectContaining({ code: "invalid_contract", message: expect.stringMatching(why) as string }),
  );
});

test("the first line says that the file is generated, and from what", () => {
  expect(serializeUnit({ name: "a.service", unit: {} }).split("\n", 1)[0]).toMatch(
    /^# Generated from infra\/contract\.ts/,
  );
});
