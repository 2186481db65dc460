import type { ArtifactView, RunEvent, RunView } from "@oroboros/slot-contract";
import { html } from "hono/html";
import { stateTag, when, type Fragment } from "./state-tag.ts";

/** One run: where it is, what each step took, and the evidence it left. */
export function runPage(run: RunView, events: readonly RunEvent[], artifacts: readonly ArtifactView[]): Fragment {
  return html`<p><a href="#/">All runs</a></p>
    <h1>${run.title} ${stateTag(run.status)}</h1>
    ${run.failure_message === null ? "" : failure(run)}
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

function failure(run: RunView): Fragment {
  return html`<div class="failure">
    <strong>${run.failure_reason_code}</strong>
    <pre>${run.failure_message}</pre>
  </div>`;
}

function stepTable(run: RunView, events: readonly RunEvent[], artifacts: readonly ArtifactView[]): Fragment {
  const started = events.filter(({ event_type }) => event_type === "step_started");
  if (started.length === 0) return html`<p class="muted">No step has started yet.</p>`;
  const rows = started.map(({ detail }) => {
    const end = events.find(({ event_type, detail: of }) => isStepEnd(event_type) && of["step"] === detail["step"]);
    const artifact = artifacts.find(({ uri }) => uri === end?.detail["artifact_uri"]);
    return stepRow(run, String(detail["step"]), end, artifact);
  });
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Step</th>
          <th>State</th>
          <th>Time</th>
          <th>Evidence</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

const isStepEnd = (type: string): boolean => type === "step_finished" || type === "step_failed";

function stepRow(run: RunView, step: string, end: RunEvent | undefined, artifact: ArtifactView | undefined): Fragment {
  const state = end === undefined ? "testing" : end.event_type === "step_finished" ? "ok" : "failed";
  const content =
    artifact === undefined ? "" : `/api/runs/${run.run_id}/artifacts/content?uri=${encodeURIComponent(artifact.uri)}`;
  return html`<tr>
    <td>${step.replaceAll("_", " ")}</td>
    <td>${stateTag(state)}</td>
    <td class="number">${end === undefined ? "" : `${String(end.detail["ms"])} ms`}</td>
    <td>
      ${artifact === undefined ? "" : html`<a href="${content}" data-artifact="${content}">${artifact.artifact_type}</a> <span class="muted">${artifact.size_bytes} bytes</span>`}
    </td>
  </tr>`;
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
    .map(([name, value]) => `${name}=${String(value).split("\n", 1)[0]}`)
    .join(" ");
