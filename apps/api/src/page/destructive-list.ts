import type { DestructiveReport } from "@oroboros/slot-contract";
import { html } from "hono/html";
import type { Fragment } from "./state-tag.ts";

/** What the migrations would take away or break, and what of them nobody could read; nothing where there is nothing to tell. */
export function destructiveList(report: DestructiveReport | null): Fragment | "" {
  if (report === null || report.statements.length + report.not_analysed.length === 0) return "";
  return html`<h2>Destructive statements</h2>
    <p class="muted">In the migrations that <code>${report.commit_sha}</code> has and main has not.</p>
    <ul>
      ${report.statements.map(
        ({ file, line, kind, object, statement }) =>
          html`<li>
            <strong>${kind.replaceAll("_", " ")}</strong> ${object}, in ${file} line ${line}:
            <code>${statement}</code>
          </li>`,
      )}
      ${report.not_analysed.map(({ file, reason }) => html`<li><strong>not analysed</strong> ${file}: ${reason}</li>`)}
    </ul>`;
}
