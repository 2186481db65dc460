import { plainText } from "./plain-text.ts";
import { expect, test } from "vitest";

test.each([
  ["a color", "\u001B[31m\u001B[1merror\u001B[22m\u001B[39m TS2304", "error TS2304"],
  ["a link", "\u001B]8;;https://example.test\u0007docs\u001B]8;;\u0007", "docs"],
  ["a cursor that moves", "50%\u001B[2K\u001B[1G\r100%\u0008", "50%100%"],
  ["an 8-bit control character", "a\u0085b\u009F", "ab"],
])("%s is left out", (_what, printed, plain) => {
  expect(plainText(printed)).toBe(plain);
});

test("lines, indentation and every script's letters stay", () => {
  expect(plainText("✓ größe\n\tat main 日本 👍")).toBe("✓ größe\n\tat main 日本 👍");
});
