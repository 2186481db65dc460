import { contentHash } from "@oroboros/host";
import { expect, test } from "vitest";
import { variableId, type HostText } from "./host-text.ts";
import { judgeEnv } from "./judge-env.ts";

const path = "/etc/oroboros/api.env";
const wanted = (text: string): HostText => ({ kind: "env", path, text, mode: 0o600, owner: { uid: 0, gid: 0 } });
const written = (variables: Record<string, string>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [variableId(path, name), [contentHash(value)]]));
const secrets = { DATABASE_URL: "postgresql://made" };
const rendered = '# Generated\nPORT="1"\n';
const installed = '# Generated\nPORT="1"\nDATABASE_URL="postgresql://kept"\n';

test("a file that is not there is what is rendered, with the secrets", () => {
  const verdict = judgeEnv({ wanted: wanted(rendered), text: undefined, known: {}, secrets });
  expect(verdict).toEqual({
    kind: "write",
    why: "new",
    whole: '# Generated\nPORT="1"\nDATABASE_URL="postgresql://made"\n',
  });
});

test("a secret that is there is kept, one that is missing is put in, and nothing else is touched", () => {
  expect(judgeEnv({ wanted: wanted(rendered), text: installed, known: {}, secrets })).toEqual({ kind: "same" });
  const verdict = judgeEnv({ wanted: wanted(rendered), text: '# mine\nPORT="1"\nEXTRA="x"\n', known: {}, secrets });
  expect(verdict).toEqual({
    kind: "write",
    why: "changed",
    whole: '# mine\nPORT="1"\nEXTRA="x"\nDATABASE_URL="postgresql://made"\n',
  });
});

test("a variable as we wrote it earlier is brought up to date, and an operator's own stay", () => {
  const text = `${installed}EXTRA="mine"\n`;
  const verdict = judgeEnv({ wanted: wanted('PORT="2"\n'), text, known: written({ PORT: "1" }), secrets });
  expect(verdict).toEqual({ kind: "write", why: "changed", whole: text.replace('PORT="1"', 'PORT="2"') });
});

test("a rendered variable that somebody has changed, or taken out, is a hand edit", () => {
  for (const text of [installed.replace('"1"', '"9"'), installed.replace('PORT="1"\n', "")]) {
    const verdict = judgeEnv({ wanted: wanted(rendered), text, known: written({ PORT: "1" }), secrets });
    expect(verdict.kind).toBe("edited");
    expect(verdict).toMatchObject({ whole: expect.stringContaining('PORT="1"') });
  }
});

test("a variable that is new in the contract is put in, unless the operator had one of that name with another value", () => {
  const next = wanted(`${rendered}REDIS_URL="redis://a"\n`);
  const added = judgeEnv({ wanted: next, text: installed, known: written({ PORT: "1" }), secrets });
  expect(added).toMatchObject({ kind: "write", whole: `${installed}REDIS_URL="redis://a"\n` });
  const text = `${installed}REDIS_URL="redis://mine"\n`;
  expect(judgeEnv({ wanted: next, text, known: written({ PORT: "1" }), secrets }).kind).toBe("edited");
});

test("a variable that is rendered no more goes as we wrote it, and stays as the operator has it", () => {
  const known = written({ PORT: "1", GONE: "x" });
  const judged = (line: string) => judgeEnv({ wanted: wanted(rendered), text: installed + line, known, secrets });
  expect(judged('GONE="x"\n')).toEqual({ kind: "write", why: "changed", whole: installed });
  expect(judged('GONE="mine"\n')).toEqual({ kind: "same" });
});
