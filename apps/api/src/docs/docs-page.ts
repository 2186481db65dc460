import { ERROR_KINDS, EXIT_CODES, OperatorError, type ErrorCode } from "@oroboros/slot-contract";
import type { OpenApiDocument, Operation } from "@oroboros/slot-contract/openapi";
import { html } from "hono/html";
import type { Fragment } from "../page/state-tag.ts";
import { statusOf } from "../problem.ts";
import { ERROR_MEANINGS } from "./error-meanings.ts";
import { fieldRows, typeText, type Schema } from "./field-rows.ts";

interface Listed {
  method: string;
  path: string;
  operation: Operation;
}

/** The api's description for people: one page without a script, from the same document as `/openapi.json`. */
export function docsPage(document: OpenApiDocument): Fragment {
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map(({ operation }) => operation.tags[0]))];
  const schemas = Object.entries(document.components.schemas) as [string, Schema][];
  const names = new Set(schemas.map(([name]) => name));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Oroboros API</title>
        <link rel="stylesheet" href="/ui/style.css" />
        <link rel="stylesheet" href="/docs/style.css" />
      </head>
      <body>
        <header><a class="brand" href="/">Oroboros</a><a href="/openapi.json">openapi.json</a></header>
        <main class="docs">
          ${contents(tags, operations)}
          <div>
            ${introduction()} ${operations.map((listed) => endpoint(listed, names))}
            <h2 id="schemas">Schemas</h2>
            ${schemas.map(([name, schema]) => component(name, schema, names))}
            <h2 id="errors">Error codes</h2>
            ${errorTable()}
          </div>
        </main>
      </body>
    </html>`;
}

export const operationsOf = ({ paths }: OpenApiDocument): Listed[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

function contents(tags: readonly string[], operations: readonly Listed[]): Fragment {
  return html`<nav class="toc" aria-label="Contents">
    <div>
      ${tags.map(
        (tag) =>
          html`<h2>${tag}</h2>
            <ul>
              ${operations
                .filter(({ operation }) => operation.tags[0] === tag)
                .map(
                  ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.operationId}</a></li>`,
                )}
            </ul>`,
      )}
      <h2>reference</h2>
      <ul>
        <li><a href="#schemas">Schemas</a></li>
        <li><a href="#errors">Error codes</a></li>
      </ul>
    </div>
  </nav>`;
}

function introduction(): Fragment {
  return html`<section>
    <h1>API</h1>
    <p>
      Send a token as <code>Authorization: Bearer …</code>; make one with <code>oroboros token create</code>. A role
      includes the ones before it: viewer, agent, operator. On the host itself, a bare loopback request of root or of an
      operator needs none.
    </p>
    <p>
      An error is <code>application/problem+json</code> with a stable <a href="#errors">code</a>, what happened, and
      what to do next. Keys are snake_case.
    </p>
  </section>`;
}

function endpoint({ method, path, operation }: Listed, names: ReadonlySet<string>): Fragment {
  const parameters = (operation.parameters ?? []) as { name: string; in: string; required: boolean; schema: Schema }[];
  const body = operation.requestBody?.content["application/json"]?.schema as Schema | undefined;
  const isRefusal = ([, { content }]: [string, Operation["responses"][string]]): boolean =>
    content?.["application/problem+json"] !== undefined;
  const refusals = Object.entries(operation.responses).filter(isRefusal);
  const answers = Object.entries(operation.responses).filter((answer) => !isRefusal(answer));
  return html`<section class="card" id="${operation.operationId}">
    <h3>
      <span class="method">${method}</span> <code>${path}</code>
      <span class="state role">${operation["x-oroboros-role"] ?? "anybody"}</span>
    </h3>
    <p>${operation.summary}</p>
    ${
      parameters.length === 0
        ? ""
        : html`<h4>Parameters</h4>
            ${rowsTable(
              parameters.map(({ name, in: place, required, schema }) => [
                name,
                typeText(schema),
                `${place}${required ? ", required" : ""}`,
              ]),
              names,
            )}`
    }
    ${
      body === undefined
        ? ""
        : html`<h4>Body${operation.requestBody?.required === true ? "" : " (may be left out)"}</h4>
            <p>${typeOf(body, names)}</p>`
    }
    <h4>Answer</h4>
    ${rowsTable(
      answers.map(([status, { description, content }]) => [status, answerType(content), description]),
      names,
    )}
    <details>
      <summary>Refusals</summary>
      ${rowsTable(
        refusals.map(([status, { description }]) => [status, "Problem", description]),
        names,
      )}
    </details>
  </section>`;
}

function answerType(content: Operation["responses"][string]["content"]): string {
  const [[type, { schema }] = ["", { schema: {} }]] = Object.entries(content ?? {});
  return type === "application/json" ? typeText(schema as Schema) : type;
}

function component(name: string, schema: Schema, names: ReadonlySet<string>): Fragment {
  const rows = fieldRows(schema);
  return html`<section class="card" id="schema-${name}">
    <h3><code>${name}</code></h3>
    ${
      rows.length === 0
        ? html`<p>${schema.type === "object" ? "No field." : typeOf(schema, names)}</p>`
        : rowsTable(
            rows.map(({ name: field, type, isRequired, notes }) => [
              field,
              type,
              [isRequired ? "" : "optional", notes].filter((note) => note !== "").join(", "),
            ]),
            names,
          )
    }
  </section>`;
}

function rowsTable(rows: readonly (readonly [string, string, string])[], names: ReadonlySet<string>): Fragment {
  return html`<div class="scroll">
    <table>
      <tbody>
        ${rows.map(
          ([name, type, notes]) =>
            html`<tr>
              <td><code>${name}</code></td>
              <td>${linked(type, names)}</td>
              <td>${notes}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const typeOf = (schema: Schema, names: ReadonlySet<string>): Fragment => linked(typeText(schema), names);

/** A type's text, in which every component leads to its section. */
function linked(type: string, names: ReadonlySet<string>): Fragment {
  const parts = type.split(/\b/);
  return html`<code
    >${parts.map((part) => (names.has(part) ? html`<a href="#schema-${part}">${part}</a>` : part))}</code
  >`;
}

function errorTable(): Fragment {
  const codes = Object.keys(ERROR_MEANINGS) as ErrorCode[];
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Code</th>
          <th>Status</th>
          <th>Exit</th>
          <th>Means</th>
          <th>Next</th>
        </tr>
      </thead>
      <tbody>
        ${codes.map(
          (code) =>
            html`<tr id="error-${code}">
              <td><code>${code}</code></td>
              <td>${statusOf(new OperatorError(code, "", { hint: "" }))}</td>
              <td>${EXIT_CODES[ERROR_KINDS[code]]}</td>
              <td>${ERROR_MEANINGS[code].means}</td>
              <td>${withoutMarkdown(ERROR_MEANINGS[code].next)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The meanings are written for docs/error-codes.md; its links lead nowhere from here. */
const withoutMarkdown = (text: string): Fragment =>
  html`${text
    .replace(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .split("`")
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
