import type { OpenApiDocument } from "@oroboros/slot-contract/openapi";
import { html } from "hono/html";
import type { Fragment } from "../page/state-tag.ts";
import { endpointCard, schemaCard, type Listed } from "./endpoint-card.ts";
import { errorTable } from "./error-table.ts";
import type { Schema } from "./field-rows.ts";

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
            ${introduction()} ${operations.map((listed) => endpointCard(listed, names))}
            <h2 id="schemas">Schemas</h2>
            ${schemas.map(([name, schema]) => schemaCard(name, schema, names))}
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
