import * as z from "zod";

export type JsonSchema = Record<string, unknown>;

/** Whether a schema is read as what a client sends or as what it receives: defaults are left out of the one and are in the other. */
export type Direction = "input" | "output";

/** JSON Schema, draft 2020-12, of one schema with everything it refers to in place. */
export const plainSchema = (schema: z.ZodType, io: Direction): JsonSchema =>
  z.toJSONSchema(schema, { ...CONVERSION, io, reused: "inline" });

/** JSON Schemas of everything in the registry, each referring to the others by its place in an OpenAPI document. */
export function componentSchemas(
  registry: z.core.$ZodRegistry<{ id: string }>,
  io: Direction,
): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(registry, { ...CONVERSION, io, uri: refOf });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _dialect, $id: _address, ...schema }]) => [name, schema]),
  );
}

const COMPONENTS = "#/components/schemas/";

export const refOf = (name: string): string => COMPONENTS + name;

/** Names of the components that something refers to. */
export const refsIn = (value: unknown): string[] =>
  [...(JSON.stringify(value) ?? "").matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? "");

const CONVERSION = {
  unrepresentable: "any",
  override: ({ jsonSchema }: { jsonSchema: JsonSchema }): void => {
    // A format says the same as its pattern of 300 characters, and an integer's bounds are the language's.
    if (jsonSchema["format"] === "date-time") delete jsonSchema["pattern"];
    if (jsonSchema["maximum"] === Number.MAX_SAFE_INTEGER) delete jsonSchema["maximum"];
    if (jsonSchema["minimum"] === Number.MIN_SAFE_INTEGER) delete jsonSchema["minimum"];
  },
} as const;
