import { contentHash } from "@oroboros/host";
import { changeEnvText, variablesOf } from "./env-text.ts";
import { variableId, type HostText, type KnownTexts, type TextVerdict } from "./host-text.ts";

type Variables = Readonly<Record<string, string>>;

/** What a host's env file is judged by. */
export interface EnvFacts {
  wanted: HostText;
  /** Undefined where there is no file. */
  text: string | undefined;
  known: KnownTexts;
  /** What is to stand there beside what is rendered. Those that the file has already are kept. */
  secrets: Variables;
}

/**
 * What is to happen to an env file. Each variable is judged by itself: what the contract renders is put in or brought up to date,
 * secrets and an operator's own variables are kept, and a rendered variable that somebody else has changed is a hand edit.
 */
export function judgeEnv({ wanted, text, known, secrets }: EnvFacts): TextVerdict {
  const rendered = variablesOf(wanted.text);
  if (text === undefined) return { kind: "write", why: "new", whole: changeEnvText(wanted.text, secrets) };
  const found = variablesOf(text);
  const isOurs = (name: string): boolean => isKnown(known[variableId(wanted.path, name)], found[name]);
  const whole = changeEnvText(text, {
    ...without(staleNames(wanted.path, { known, rendered }).filter(isOurs)),
    ...only(rendered, (name) => found[name] !== rendered[name]),
    ...only(secrets, (name) => found[name] === undefined),
  });
  if (whole === text) return { kind: "same" };
  const edited = Object.keys(rendered).filter((name) => found[name] !== rendered[name] && !isOurs(name));
  return edited.length > 0 ? { kind: "edited", whole } : { kind: "write", why: "changed", whole };
}

/** A variable that we have never written may be missing; one that we have written has to be as we wrote it. */
function isKnown(ours: readonly string[] | undefined, value: string | undefined): boolean {
  if (ours === undefined) return value === undefined;
  return value !== undefined && ours.includes(contentHash(value));
}

/** Names of variables that were rendered once, and are rendered no more. */
function staleNames(path: string, { known, rendered }: { known: KnownTexts; rendered: Variables }): string[] {
  const prefix = variableId(path, "");
  const names = Object.keys(known).flatMap((id) => (id.startsWith(prefix) ? [id.slice(prefix.length)] : []));
  return names.filter((name) => rendered[name] === undefined);
}

const without = (names: readonly string[]): Record<string, null> =>
  Object.fromEntries(names.map((name) => [name, null]));

const only = (variables: Variables, isWanted: (name: string) => boolean): Variables =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => isWanted(name)));
