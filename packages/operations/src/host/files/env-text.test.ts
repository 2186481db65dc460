import { expect, test } from "vitest";
import { changeEnvText, variablesOf } from "./env-text.ts";

const text = '# mine\nWEB_PORT="3101"\n\nEXTRA=unquoted value\nOLD="x"\n';

test("a changed value stays in its place, and an operator's variables and comments stay as they were", () => {
  expect(changeEnvText(text, { WEB_PORT: "3201", OLD: null, NEW: 'a"b' })).toBe(
    '# mine\nWEB_PORT="3201"\n\nEXTRA=unquoted value\nNEW="a\\"b"\n',
  );
});

test("changing nothing gives the same bytes, and a last line without its newline gets one", () => {
  expect(changeEnvText(text, {})).toBe(text);
  expect(changeEnvText('A="1"', { A: "1" })).toBe('A="1"\n');
  expect(changeEnvText("", { A: "1" })).toBe('A="1"\n');
});

test("of a variable that stands there twice the one that counts is changed, and the other one goes", () => {
  const twice = 'A="1"\nB="2"\nA="3"\n';
  expect(variablesOf(twice)["A"]).toBe("3");
  expect(changeEnvText(twice, { A: "4" })).toBe('B="2"\nA="4"\n');
});

test("what is put in is what is read back", () => {
  const value = "sla\\sh $HOME `id` 'single' \"double\" # no comment %n";
  expect(variablesOf(changeEnvText(text, { HOSTILE: value }))["HOSTILE"]).toBe(value);
});
