import type { Operation } from "@oroboros/slot-contract/openapi";
import { html } from "hono/html";
import type { Fragment } from "../page/state-tag.ts";
import { fieldRows, typeText, type Schema } from "./field-rows.ts";
import { rowsTable, typeOf } from "./rows-table.ts";

export interface Listed {
  method: string;
  path: string;
  operation: Operation;
}

/** What an endpoint takes and answers. */
export function endpointCard({ method, path, operation }: Listed, names: ReadonlySet<string>): Fragment {
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

/** The fields of one of the documents' schemas. */
export function schemaCard(name: string, schema: Schema, names: ReadonlySet<string>): Fragment {
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
