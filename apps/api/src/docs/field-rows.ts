/** As much of JSON Schema as the api's own schemas use. */
export interface Schema {
  $ref?: string;
  type?: string | readonly string[];
  format?: string;
  const?: unknown;
  enum?: readonly unknown[];
  items?: Schema;
  anyOf?: readonly Schema[];
  allOf?: readonly Schema[];
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  description?: string;
}

export interface FieldRow {
  name: string;
  type: string;
  isRequired: boolean;
  /** Its limits, what it is where it is left out, and what is said of it; empty for most. */
  notes: string;
}

/** The fields of an object. */
export function fieldRows({ properties = {}, required = [] }: Schema): FieldRow[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    type: typeText(schema),
    isRequired: required.includes(name),
    notes: notesOf(schema),
  }));
}

/** What a value is, in a few words; the name of a component as it is. */
export function typeText(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeText))].join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.items !== undefined) {
    const element = typeText(schema.items);
    return element.includes(" | ") ? `(${element})[]` : `${element}[]`;
  }
  if (schema.type === "object" && schema.properties !== undefined) {
    const inside = fieldRows(schema).map(({ name, type, isRequired }) => `${name}${isRequired ? "" : "?"}: ${type}`);
    return `{ ${inside.join("; ")} }`;
  }
  const types = [schema.type ?? "anything"].flat();
  return types.map((type) => (type === "string" ? (schema.format ?? type) : type)).join(" | ");
}

function notesOf(schema: Schema): string {
  const bounds = [
    schema.minimum === undefined ? "" : `from ${schema.minimum}`,
    schema.maximum === undefined ? "" : `to ${schema.maximum}`,
    schema.maxLength === undefined ? "" : `at most ${schema.maxLength} characters`,
    schema.default === undefined ? "" : `${JSON.stringify(schema.default)} where it is left out`,
  ];
  const limits = bounds.filter((bound) => bound !== "").join(", ");
  return [limits, schema.description ?? ""].filter((text) => text !== "").join(". ");
}
