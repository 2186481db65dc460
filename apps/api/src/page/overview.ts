import type { RunView, SlotView } from "@oroboros/slot-contract";
import { html } from "hono/html";
import { stateTag, when, type Fragment } from "./state-tag.ts";

const SHORT_SHA = 12;

/** Slots and the latest runs. */
export function overview(slots: readonly SlotView[], runs: readonly RunView[]): Fragment {
  return html`<h1>Previews</h1>
    <div class="slots">${slots.map((slot) => slotCard(slot, runs))}</div>
    <h2>Runs</h2>
    ${runs.length === 0 ? html`<p class="muted">No run yet. Create one with: <code>oroboros runs create --title … --branch …</code></p>` : runTable(runs)}`;
}

function slotCard(slot: SlotView, runs: readonly RunView[]): Fragment {
  const run = runs.find(({ run_id }) => run_id === slot.run_id);
  return html`<section class="card">
    <h3>${slot.slot_id} ${stateTag(slot.state)}</h3>
    ${slot.run_id === null ? html`<p class="muted">${slot.lease_state === "free" ? "Free" : "In maintenance"}</p>` : holder(slot, run)}
  </section>`;
}

function holder(slot: SlotView, run: RunView | undefined): Fragment {
  return html`<p><a href="#/runs/${slot.run_id}">${run?.title ?? slot.run_id}</a></p>
    <p class="muted">${run?.branch ?? ""} <code>${run?.commit_sha?.slice(0, SHORT_SHA) ?? ""}</code></p>
    <p><a href="${slot.frontend_url}">Preview</a> · <a href="${slot.backend_url}/health">Backend</a></p>
    ${slot.expires_at === null ? "" : html`<p class="muted">Held until ${when(slot.expires_at)} UTC</p>`}`;
}

function runTable(runs: readonly RunView[]): Fragment {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Run</th>
          <th>State</th>
          <th>Branch</th>
          <th>Commit</th>
          <th>Slot</th>
          <th>Created (UTC)</th>
        </tr>
      </thead>
      <tbody>
        ${runs.map(runRow)}
      </tbody>
    </table>
  </div>`;
}

function runRow(run: RunView): Fragment {
  const place = run.queue_position === null ? (run.slot_id ?? "") : `waiting, position ${run.queue_position}`;
  return html`<tr>
    <td class="wide"><a href="#/runs/${run.run_id}">${run.title}</a></td>
    <td>${stateTag(run.status)} <span class="muted">${run.failure_reason_code ?? ""}</span></td>
    <td>${run.branch ?? ""}</td>
    <td><code>${run.commit_sha?.slice(0, SHORT_SHA) ?? ""}</code></td>
    <td>${place}</td>
    <td>${when(run.created_at)}</td>
  </tr>`;
}
