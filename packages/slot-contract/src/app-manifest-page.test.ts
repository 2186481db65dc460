import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { appManifestSchema, parseAppManifest } from "./app-manifest.ts";

const ROOT = join(import.meta.dirname, "../../..");
const page = readFileSync(join(ROOT, "docs/app-manifest.md"), "utf8");

interface Field {
  name: string;
  fallback: unknown;
  isRequired: boolean;
}

const isObject = (schema: z.core.JSONSchema.JSONSchema): boolean => schema.properties !== undefined;

/** Every field that holds no further ones, named with its way from the top. */
function fieldsOf({ properties = {}, required = [] }: z.core.JSONSchema.JSONSchema, prefix = ""): Field[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    if (typeof schema === "boolean") return [];
    const name = prefix + key;
    if (isObject(schema)) return fieldsOf(schema, `${name}.`);
    return [{ name, fallback: schema.default, isRequired: required.includes(key) }];
  });
}

const FIELDS = fieldsOf(z.toJSONSchema(appManifestSchema, { io: "input" }));
const section = page.split("## Every field")[1]?.split("\n## ")[0] ?? "";
const ROWS = new Map(
  [...section.matchAll(/^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|/gm)].map(([, name, fallback]) => [name, fallback?.trim()]),
);

test("docs/app-manifest.md has a row for every field, and for no other", () => {
  expect(FIELDS.length).toBeGreaterThan(10);
  expect([...ROWS.keys()]).toEqual(FIELDS.map(({ name }) => name));
});

test.each(FIELDS)("the row of $name says its default", ({ name, fallback, isRequired }) => {
  const written = ROWS.get(name) ?? "";
  if (isRequired) expect(written).toBe("required");
  else if (fallback === undefined) expect(written).toMatch(/^\[.+\]\(#/);
  else expect(JSON.parse(written.slice(1, -1))).toEqual(fallback);
});

const EXAMPLES = [...page.matchAll(/```json\n(.+?)```/gs)].map(([, text = ""]) => text);

test.each(EXAMPLES)("an example is one that a publish takes: %s", (text) => {
  expect(() => parseAppManifest(text)).not.toThrow();
});

test("the example for Node is the one in examples/", () => {
  expect(EXAMPLES).toHaveLength(4);
  const example: unknown = JSON.parse(readFileSync(join(ROOT, "examples/node-app/oroboros.app.json"), "utf8"));
  expect(EXAMPLES.map((text) => JSON.parse(text) as unknown)).toContainEqual(example);
});
