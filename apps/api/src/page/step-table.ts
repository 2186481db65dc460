import { isTerminal, type ArtifactView, type RunEvent, type RunView } from "@oroboros/slot-contract";
import { html } from "hono/html";
import { duration, fileSize } from "./measures.ts";
import { stateTag, type Fragment } from "./state-tag.ts";

interface Step {
  name: string;
  /** The event that ended it; undefined for one that was not ended. */
  end: RunEvent | undefined;
}

/** What each step took, how it ended and the evidence it left. */
export function stepTable(run: RunView, events: readonly RunEvent[], artifacts: readonly ArtifactView[]): Fragment {
  const steps = stepsOf(events);
  if (steps.length === 0) return html`<p class="muted">No step has started${isTerminal(run.status) ? "" : " yet"}.</p>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Step</th>
          <th>State</th>
          <th class="number">Time</th>
          <th>Evidence</th>
        </tr>
      </thead>
      <tbody>
        ${steps.map((step) => stepRow(run, step, artifacts))}
      </tbody>
    </table>
  </div>`;
}

function stepsOf(events: readonly RunEvent[]): Step[] {
  return events.flatMap((start, index) => {
    const { event_type: type, detail } = start;
    if (type !== "step_started") return [];
    const end = events.slice(index + 1).find((event) => isStepEnd(event) && event.detail["step"] === detail["step"]);
    return [{ name: String(detail["step"]), end }];
  });
}

const isStepEnd = ({ event_type: type }: RunEvent): boolean => type === "step_finished" || type === "step_failed";

function stepRow(run: RunView, { name, end }: Step, artifacts: readonly ArtifactView[]): Fragment {
  const artifact = artifacts.find(({ uri }) => uri === end?.detail["artifact_uri"]);
  return html`<tr>
    <td>${name.replaceAll("_", " ")}</td>
    <td>${stateTag(stateOf(run, end))}</td>
    <td class="number">${duration(end?.detail["ms"])}</td>
    <td>${artifact === undefined ? "" : evidence(run, artifact)}</td>
  </tr>`;
}

function stateOf(run: RunView, end: RunEvent | undefined): "ok" | "failed" | "running" | "stopped" {
  if (end !== undefined) return end.event_type === "step_finished" ? "ok" : "failed";
  return isTerminal(run.status) ? "stopped" : "running";
}

function evidence(run: RunView, artifact: ArtifactView): Fragment {
  const content = `/api/runs/${run.run_id}/artifacts/content?uri=${encodeURIComponent(artifact.uri)}`;
  const name = artifact.artifact_type.replaceAll("_", " ");
  return html`<a href="${content}" data-artifact="${content}">${name}</a>
    <span class="muted">${fileSize(artifact.size_bytes)}</span>`;
}
