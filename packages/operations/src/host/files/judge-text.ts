import { contentHash } from "@oroboros/host";
import { variablesOf } from "./env-text.ts";
import {
  textId,
  variableId,
  type HostText,
  type JudgedText,
  type KnownTexts,
  type ObservedText,
  type TextVerdict,
} from "./host-text.ts";
import { judgeAccess } from "./judge-access.ts";
import { judgeEnv } from "./judge-env.ts";
import { blockOf, withBlock } from "./text-block.ts";

/** What a text of ours is judged by. */
export interface TextFacts {
  wanted: HostText;
  observed: ObservedText;
  known: KnownTexts;
  /** For an env file: see {@link judgeEnv}. */
  secrets: Readonly<Record<string, string>>;
}

/**
 * What is to happen to a text of ours. One that is as we wrote it last may be replaced by what is rendered now; one that is neither
 * was changed by somebody else, and is theirs until they say otherwise.
 */
export function judgeText(facts: TextFacts): JudgedText {
  const { wanted, observed } = facts;
  const verdict = judgeContent(facts);
  const { access } = observed;
  const judged = { path: wanted.path, wanted, access };
  const unsafe = judgeAccess(wanted, access);
  if (unsafe === undefined) return { ...judged, verdict };
  const whole = "whole" in verdict ? (verdict.whole ?? "") : (observed.text ?? "");
  return { ...judged, verdict: { kind: "unsafe", ...unsafe, whole } };
}

function judgeContent({ wanted, observed: { text }, known, secrets }: TextFacts): TextVerdict {
  switch (wanted.kind) {
    case "env":
      return judgeEnv({ wanted, text, known, secrets });
    case "block":
      return judgeBlock(wanted, text ?? "", known);
    case "file":
      if (text === wanted.text) return { kind: "same" };
      if (text === undefined) return { kind: "write", why: "new", whole: wanted.text };
      return isAsWritten(wanted, text, known)
        ? { kind: "write", why: "changed", whole: wanted.text }
        : { kind: "edited", whole: wanted.text };
    default:
      return wanted.kind satisfies never;
  }
}

function judgeBlock(wanted: HostText, text: string, known: KnownTexts): TextVerdict {
  const found = blockOf(text);
  const whole = withBlock(text, wanted.text);
  if (found === undefined) return { kind: "write", why: "new", whole };
  // Where our lines have moved away from the top, others may come before them.
  if (found === wanted.text && whole === text) return { kind: "same" };
  return found === wanted.text || isAsWritten(wanted, found, known)
    ? { kind: "write", why: "changed", whole }
    : { kind: "edited", whole };
}

const isAsWritten = (wanted: HostText, text: string, known: KnownTexts): boolean =>
  known[textId(wanted)]?.includes(contentHash(text)) === true;

/** What is to happen to a file that an installation has written, and that is rendered no more. */
export function judgeLeftOver(path: string, { text, access }: ObservedText, known: KnownTexts): JudgedText {
  const left = { path, wanted: undefined, access };
  if (text === undefined) return { ...left, verdict: { kind: "same" } };
  return { ...left, verdict: isAsLeft(path, text, known) ? { kind: "remove" } : { kind: "edited", whole: null } };
}

/** Of an env file, which has secrets as well, every variable has to be ours. */
function isAsLeft(path: string, text: string, known: KnownTexts): boolean {
  if (known[path]?.includes(contentHash(text)) === true) return true;
  const variables = Object.entries(variablesOf(text));
  return (
    variables.length > 0 &&
    variables.every(([name, value]) => known[variableId(path, name)]?.includes(contentHash(value)) === true)
  );
}
