import { ERROR_KINDS, EXIT_CODES, OperatorError, type ErrorCode } from "@oroboros/slot-contract";
import { html } from "hono/html";
import type { Fragment } from "../page/state-tag.ts";
import { statusOf } from "../problem.ts";
import { ERROR_MEANINGS } from "./error-meanings.ts";

/** Every code with what it means. */
export function errorTable(): Fragment {
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
