import { html } from "hono/html";
import type { Fragment } from "../page/state-tag.ts";
import { typeText, type Schema } from "./field-rows.ts";

/** Names with their types and what else there is to say; a component's name leads to its section. */
export function rowsTable(rows: readonly (readonly [string, string, string])[], names: ReadonlySet<string>): Fragment {
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

/** What a value is, with links to the components in it. */
export const typeOf = (schema: Schema, names: ReadonlySet<string>): Fragment => linked(typeText(schema), names);

/** A type's text, in which every component leads to its section. */
function linked(type: string, names: ReadonlySet<string>): Fragment {
  const parts = type.split(/\b/);
  return html`<code
    >${parts.map((part) => (names.has(part) ? html`<a href="#schema-${part}">${part}</a>` : part))}</code
  >`;
}
