import type { RunEvent, RunView } from "@oroboros/slot-contract";
import { html } from "hono/html";
import { destructiveList } from "./destructive-list.ts";
import { failure, publishList, type RunEvidence } from "./publish-list.ts";
import { stateTag, when, type Fragment } from "./state-tag.ts";

/** One run: where it is, what each step took, and the evidence it left. */
export function runPage(run: RunView, evidence: RunEvidence): Fragment {
  return html`<p><a href="#/">All runs</a></p>
    <h1>${run.title} ${stateTag(run.status)}</h1>
    ${run.failure_message === null ? "" : failure(run)}
    <dl>
      <dt>Branch</dt>
      <dd>${run.branch ?? "none given"}</dd>
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
      <dt>Created</dt>
      <dd>${when(run.created_at)} UTC${run.created_by === null ? "" : html` by ${run.created_by}`}</dd>
      <dt>Run</dt>
      <dd><code>${run.run_id}</code></dd>
      ${askedFor(run)}
    </dl>
    ${destructiveList(evidence.destructive)} ${publishList(run, evidence)}
    <h2>Events</h2>
    ${eventTable(evidence.events)}`;
}

/** Where in the application it was asked for, and after which other run. */
function askedFor(run: RunView): Fragment {
  const parent = run.parent_run_id;
  const rows: [string, Fragment | string | null][] = [
    ["Page", run.route ?? run.page_title],
    ["Element", run.element_hint],
    ["Note", run.note],
    ["Tries again", parent === null ? null : html`<a href="#/runs/${parent}"><code>${parent}</code></a>`],
    ["Asked by", run.principal],
  ];
  return html`${rows.map(([name, value]) =>
    value === null
      ? ""
      : html`<dt>${name}</dt>
          <dd>${value}</dd>`,
  )}`;
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

/** Which run, step or file it is about stands elsewhere on the page, and so does what went wrong. */
const SAID_ELSEWHERE = ["artifact_uri", "message", "hint", "reused", "told"];

function summary({ step, from, to, ...rest }: Record<string, unknown>): string {
  const facts = Object.entries(rest).filter(([name, value]) => value !== null && !SAID_ELSEWHERE.includes(name));
  return [
    ...(typeof step === "string" ? [step] : []),
    ...(typeof to === "string" ? [`${String(from)} → ${to}`] : []),
    ...facts.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`),
  ].join(" ");
}
