import { expect, test } from "vitest";
import { blockOf, withBlock } from "./text-block.ts";

const theirs = "# Debian's\nlocal all all peer\n\nno newline at the end";

test("our lines come first, and theirs stay byte for byte", () => {
  const whole = withBlock(theirs, "ours 1\n");
  expect(whole.endsWith(theirs)).toBe(true);
  expect(whole.split("\n")[1]).toBe("ours 1");
  expect(blockOf(whole)).toBe("ours 1\n");
});

test("writing them again replaces them where they are, and changes nothing else", () => {
  const once = withBlock(theirs, "ours 1\n");
  expect(withBlock(once, "ours 1\n")).toBe(once);
  expect(withBlock(once, "ours 2\n")).toBe(withBlock(theirs, "ours 2\n"));
  expect(withBlock(`before\n${once}`, "ours 1\n")).toBe(withBlock(`before\n${theirs}`, "ours 1\n"));
});

test("a file without our lines, or with only half of the marks, has none", () => {
  expect(blockOf(theirs)).toBeUndefined();
  expect(blockOf("# oroboros: begin\nlocal all all trust\n")).toBeUndefined();
  expect(blockOf("")).toBeUndefined();
});
