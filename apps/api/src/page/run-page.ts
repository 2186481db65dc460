import type { ArtifactView, RunEvent, RunView } from "@oroboros/slot-contract";
import { html } from "hono/html";
import { stateTag, when, type Fragment } from "./state-tag.ts";
import { stepTable } from "./step-table.ts";

/** One run: where it is, what each step took, and the evidence it left. */
export function runPage(run: RunView, events: readonly RunEvent[], artifacts: readonly ArtifactView[]): Fragment {
  return html`<p><a href="#/">All runs</a></p>
    <h1>${run.title} ${stateTag(run.status)}</h1>
    ${run.failure_message === null ? "" : failure(run, events)}
    <dl>
      <dt>Branch</dt>
      <dd>${run.branch ?? "main"}</dd>
      <dt>Commit</dt>
      <dd><code>${run.commit_sha ?? "not resolved yet"}</code></dd>
      <dt>Slot</dt>
      <dd>${run.slot_id ?? (run.queue_position === null ? "none" : `waiting at position ${run.queue_position}`)}</dd>
      ${
        run.frontend_url === null
          ? ""
          : html`<dt>Preview</dt>
              <dd><a href="${run.frontend_url}">${run.frontend_url}</a></dd>`
      }
      ${
        run.backend_url === null
          ? ""
          : html`<dt>Backend</dt>
              <dd><a href="${run.backend_url}/health">${run.backend_url}</a></dd>`
      }
      <dt>Run</dt>
      <dd><code>${run.run_id}</code></dd>
    </dl>
    <h2>Steps</h2>
    ${stepTable(run, events, artifacts)}
    <h2>Events</h2>
    ${eventTable(events)}`;
}

function failure(run: RunView, events: readonly RunEvent[]): Fragment {
  const hint = events.findLast(({ event_type }) => event_type === "step_failed")?.detail["hint"];
  return html`<div class="failure">
    <strong>${run.failure_reason_code}</strong>
    <pre>${run.failure_message}</pre>
    ${typeof hint === "string" ? html`<p>${hint}</p>` : ""}
  </div>`;
}

function eventTable(events: readonly RunEvent[]): Fragment {
  const rows = events.map(
    ({ event_type, detail, created_at }) =>
      html`<tr>
        <td>${when(created_at)}</td>
        <td>${event_type.replaceAll("_", " ")}</td>
        <td class="wide"><code>${summary(detail)}</code></td>
      </tr>`,
  );
  return html`<div class="scroll">
    <table>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

const summary = (detail: Record<string, unknown>): string =>
  Object.entries(detail)
    .filter(([name, value]) => value !== null && name !== "artifact_uri")
    .map(([name, value]) => `${name}=${typeof value === "string" ? value.split("\n", 1)[0] : JSON.stringify(value)}`)
    .join(" ");
