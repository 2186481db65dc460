import { commitShaSchema, ENDPOINTS, runEventSchema } from "@oroboros/slot-contract";
import type { OpenApiDocument } from "@oroboros/slot-contract/openapi";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { aRun, useApi } from "../testing/use-api.ts";

const api = useApi();

test("anybody may read the api's description, which is valid OpenAPI 3.1", async () => {
  const answer = await api.call("/openapi.json", { as: null });
  expect(answer.status).toBe(200);
  const validator = new Validator({ strict: false });
  expect(await validator.validate(answer.body as Record<string, unknown>)).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

test("a description that is not OpenAPI would be found", async () => {
  const document = structuredClone(await theDocument()) as unknown as { paths: Record<string, { get: object }> };
  document.paths["/api/slots"] = { get: { responses: { twohundred: {} } } };
  expect(await new Validator({ strict: false }).validate(document)).toMatchObject({ valid: false });
});

test("what is served is described with its least role, and nothing else", async () => {
  const { paths } = await theDocument();
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [
      `${method.toUpperCase()} ${path}`,
      operation.operationId,
      operation["x-oroboros-role"],
    ]),
  );
  const served = Object.entries(ENDPOINTS)
    .filter(([, { status }]) => status === "served")
    .map(([name, { method, path, role }]) => [`${method} ${path}`, name, role]);
  expect(described.toSorted()).toEqual(served.toSorted());
});

test("every reference leads somewhere, and every component is referred to", async () => {
  const document = await theDocument();
  const text = JSON.stringify(document);
  const referred = new Set([...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
  expect([...referred].toSorted()).toEqual(Object.keys(document.components.schemas).toSorted());
});

test("every refusal is a problem whose code is one of those the endpoint names", async () => {
  const { paths } = await theDocument();
  const refusals = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .map(({ responses }) => responses);
  for (const responses of refusals) {
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(["403", "500", "503"]));
  }
  expect(paths["/api/runs"]?.["post"]?.responses["400"]?.content).toMatchObject({
    "application/problem+json": { schema: { allOf: [{}, { properties: { code: { enum: ["invalid_request"] } } }] } },
  });
});

test("the schema of events is the one the events have", async () => {
  const { runId } = await aRun(api.store, { commitSha: commitShaSchema.parse("a".repeat(40)) });
  const schema = (await api.call("/api/events/schema", { as: "viewer" })).body as {
    properties: Record<string, unknown>;
    required: string[];
  };
  expect(schema).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    additionalProperties: false,
  });
  const { items } = (await api.call(`/api/runs/${runId}/events`)).body as { items: object[] };
  expect(Object.keys(schema.properties)).toEqual(Object.keys(runEventSchema.shape));
  expect(Object.keys(items[0] ?? {}).toSorted()).toEqual(schema.required.toSorted());
});

test("the page for people has every endpoint and schema, and loads nothing from elsewhere", async () => {
  const page = await api.call("/docs", { as: null });
  expect(page.status).toBe(200);
  expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'self';/);
  const { components } = await theDocument();
  for (const [name, { status }] of Object.entries(ENDPOINTS)) {
    expect(page.text.includes(`id="${name}"`)).toBe(status === "served");
  }
  for (const name of Object.keys(components.schemas)) expect(page.text).toContain(`id="schema-${name}"`);
  const loaded = [...page.text.matchAll(/(?:src|href)="([^"#]+)/g)].map(([, address]) => address);
  expect(new Set(loaded)).toEqual(new Set(["/ui/style.css", "/docs/style.css", "/", "/openapi.json"]));
  expect(page.text).not.toMatch(/<script|style=/);
  const ids = [...page.text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, anchor] of page.text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(anchor);
  expect((await api.call("/docs/style.css", { as: null })).headers.get("content-type")).toContain("text/css");
});

const theDocument = async (): Promise<OpenApiDocument> =>
  (await api.call("/openapi.json", { as: null })).body as OpenApiDocument;
