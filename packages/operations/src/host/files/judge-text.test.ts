import { contentHash } from "@oroboros/host";
import { expect, test } from "vitest";
import type { HostText, ObservedText } from "./host-text.ts";
import { judgeLeftOver, judgeText } from "./judge-text.ts";
import { withBlock } from "./text-block.ts";

const root = { uid: 0, gid: 0 };
const file: HostText = { kind: "file", path: "/etc/x.service", text: "new\n", mode: 0o644, owner: root };
const seen = (text: string | undefined, access: Partial<ObservedText["access"]> = {}): ObservedText => ({
  text,
  access: text === undefined ? undefined : { kind: "file", ...root, mode: 0o644, ...access },
});
const judged = (observed: ObservedText, known: Record<string, string[]> = {}, wanted = file) =>
  judgeText({ wanted, observed, known, secrets: {} }).verdict;

test("what is there already is left alone, and what is missing is written", () => {
  expect(judged(seen("new\n"))).toEqual({ kind: "same" });
  expect(judged(seen(undefined))).toEqual({ kind: "write", why: "new", whole: "new\n" });
});

test("a file as an earlier installation wrote it is brought up to date; one that nobody of ours wrote is a hand edit", () => {
  const known = { [file.path]: [contentHash("old\n")] };
  expect(judged(seen("old\n"), known)).toEqual({ kind: "write", why: "changed", whole: "new\n" });
  expect(judged(seen("old\n# mine\n"), known)).toEqual({ kind: "edited", whole: "new\n" });
  expect(judged(seen("old\n"))).toEqual({ kind: "edited", whole: "new\n" });
});

test.each([
  [{ uid: 1000 }, "belongs to 1000:0, not to root", "chown 0:0 /etc/x.service"],
  [{ mode: 0o666 }, "has mode 0666, not 0644", "chmod 0644 /etc/x.service"],
  [{ kind: "link" as const }, "is no file but a link", "rm -r /etc/x.service"],
])("a file with %j is unsafe, with the line that puts it right", (access, problem, repair) => {
  expect(judged(seen("new\n", access))).toEqual({
    kind: "unsafe",
    problem: `/etc/x.service ${problem}`,
    repair,
    whole: "new\n",
  });
});

test("what an unsafe file holds is kept where nothing else is wrong with it", () => {
  const env: HostText = { ...file, kind: "env", text: 'A="1"\n', mode: 0o600 };
  const verdict = judged(seen('A="1"\nMINE="2"\n'), {}, env);
  expect(verdict).toMatchObject({ kind: "unsafe", whole: 'A="1"\nMINE="2"\n' });
});

test("lines of ours in another's file: put in, left alone, brought up to date, moved back to the top, and not taken back unasked", () => {
  const block: HostText = { ...file, kind: "block", text: "ours\n", owner: undefined };
  const known = { [`${file.path}#block`]: [contentHash("before\n")] };
  const whole = withBlock("theirs\n", "ours\n");
  expect(judged(seen("theirs\n"), {}, block)).toEqual({ kind: "write", why: "new", whole });
  expect(judged(seen(whole), {}, block)).toEqual({ kind: "same" });
  expect(judged(seen(withBlock("theirs\n", "before\n")), known, block)).toEqual({
    kind: "write",
    why: "changed",
    whole,
  });
  expect(judged(seen(`first\n${whole}`), {}, block)).toMatchObject({ kind: "write", why: "changed" });
  expect(judged(seen(withBlock("theirs\n", "mine\n")), known, block)).toEqual({ kind: "edited", whole });
  // Whoever owns the rest of the file.
  expect(judged(seen(whole, { uid: 105, mode: 0o640 }), {}, block)).toEqual({ kind: "same" });
});

test("a file that is rendered no more goes as we wrote it, and is theirs once they have changed it", () => {
  const known = { "/etc/gone": [contentHash("old\n")] };
  expect(judgeLeftOver("/etc/gone", seen("old\n"), known).verdict).toEqual({ kind: "remove" });
  expect(judgeLeftOver("/etc/gone", seen("mine\n"), known).verdict).toEqual({ kind: "edited", whole: null });
  expect(judgeLeftOver("/etc/gone", seen(undefined), known).verdict).toEqual({ kind: "same" });
});

test("an env file that is rendered no more goes while all of its variables are ours", () => {
  const known = { "/etc/gone.env#A": [contentHash("1")] };
  expect(judgeLeftOver("/etc/gone.env", seen('A="1"\n'), known).verdict).toEqual({ kind: "remove" });
  expect(judgeLeftOver("/etc/gone.env", seen('A="1"\nMINE="2"\n'), known).verdict.kind).toBe("edited");
});
