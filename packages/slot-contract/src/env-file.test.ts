import fc from "fast-check";
import { expect, test } from "vitest";
import { parseEnvFile, serializeEnvFile } from "./env-file.ts";

const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,12}$/);
const hostileValue = fc
  .oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom('"', "\\", "$", "`", "'", "#", "=", " ", "\t", "\u2028", "\u0085", "a") }),
  )
  .filter((value) => !/[\0\r\n]/.test(value));

test("every value that fits on a line reads back unchanged", () => {
  fc.assert(
    fc.property(fc.dictionary(name, hostileValue, { noNullPrototype: true }), (variables) => {
      expect(parseEnvFile(serializeEnvFile(variables))).toEqual(variables);
    }),
  );
});

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
