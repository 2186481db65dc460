const DEEPEST = 32;
// Both are JSON, and no text of PostgreSQL's.
const UNSTORABLE = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

export type JsonText = { value: unknown } | { problem: string };

/** JSON that the rest of the api can work with: UTF-8, storable text, no deeper than any request of ours, no prototype's key. */
export function readJson(bytes: ArrayBuffer): JsonText {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    return { problem: error instanceof SyntaxError ? "the body is not JSON" : "the body is not UTF-8" };
  }
  const problem = problemWithin(value);
  return problem === undefined ? { value } : { problem };
}

export const isStorable = (text: string): boolean => !UNSTORABLE.test(text);

interface Item {
  path: string;
  value: unknown;
}

/** Level by level and not recursive: a body of a megabyte can be half a million lists deep. */
function problemWithin(value: unknown): string | undefined {
  let level: Item[] = [{ path: "", value }];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return `the body is nested more than ${DEEPEST} deep`;
    for (const item of level) {
      const problem = problemOf(item);
      if (problem !== undefined) return `${item.path || "the body"}: ${problem}`;
    }
    level = level.flatMap(itemsIn);
  }
  return undefined;
}

function problemOf({ value }: Item): string | undefined {
  if (typeof value === "string" && !isStorable(value)) return "must not contain the character NUL or half of one";
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, "__proto__")) return "must not have the key __proto__";
  return Object.keys(value).every(isStorable) ? undefined : "must not have a key with the character NUL or half of one";
}

function itemsIn({ path, value }: Item): Item[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).map(([key, inner]) => ({ path: path === "" ? key : `${path}.${key}`, value: inner }));
}
