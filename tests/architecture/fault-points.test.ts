import { expect, test } from "vitest";
import { isTestCode, readSources, withoutComments } from "./source-file.ts";

const sources = readSources();

/** The list of packages/host/src/fault-point.ts, and the places at which the source names one of it. */
const named = (): string[] => {
  const { text } = sources.find(({ path }) => path === "packages/host/src/fault-point.ts") ?? { text: "" };
  const list = /FAULT_POINTS = \[([^\]]*)\]/.exec(text)?.[1] ?? "";
  return [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => String(name));
};
const used = (): string[] =>
  sources
    .filter((file) => !isTestCode(file))
    .flatMap(({ text }) => [...withoutComments(text).matchAll(/\bfaultPoint\("([^"]+)"\)/g)])
    .map(([, name]) => String(name));

test("every fault point stands at one place in the source, and there are enough of them", () => {
  expect(used().toSorted()).toEqual(named().toSorted());
  expect(new Set(named()).size).toBe(named().length);
  expect(named().length).toBeGreaterThanOrEqual(25);
});
