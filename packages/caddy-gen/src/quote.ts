import { OperatorError } from "@oroboros/slot-contract";

/** Means the same to every version, wherever it stands. */
const PLAIN = /^[A-Za-z0-9_/.:@%*+-][A-Za-z0-9_/.:@%*+=?-]*$/;

/**
 * One token of a Caddyfile that Caddy reads back as exactly this text (caddyconfig/caddyfile/lexer.go of 2.6.2). Between double
 * quotes a backslash escapes a quote and nothing else, itself neither; between backquotes nothing is special.
 *
 * @throws OperatorError `invalid_contract` for a text that no token can carry.
 */
export function quote(argument: string): string {
  if (PLAIN.test(argument)) return argument;
  refuse(argument);
  const text = withoutEnvironment(argument);
  if (!/\\("|$)/.test(argument)) return `"${text.replaceAll('"', '\\"')}"`;
  if (!argument.includes("`")) return `\`${text}\``;
  throw unquotable(argument, "a backslash before a quote or at its end, and a backquote");
}

/** Before it looks at tokens, Caddy puts the environment in for every `{$NAME:default}`; no variable has an empty name. */
const withoutEnvironment = (text: string): string => text.replaceAll("{$", "{$:{$}");

function refuse(text: string): void {
  if (text === "{" || text === "}") throw unquotable(text, "nothing but a brace, which opens or closes a block");
  if (/\{[A-Za-z][^{}]*\}/.test(text)) throw unquotable(text, "what Caddy reads as a placeholder");
  // A lone surrogate has no UTF-8, and a NUL ends what C programs read.
  if (/\0|\p{Cs}/u.test(text)) throw unquotable(text, "a character that no file of text has");
}

function unquotable(text: string, what: string): OperatorError {
  return new OperatorError(
    "invalid_contract",
    `${JSON.stringify(text)} can not stand in a Caddyfile: it has ${what}.`,
    {
      hint: "Change the value in infra/contract.ts.",
    },
  );
}
