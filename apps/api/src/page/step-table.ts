import type { ArtifactView, RunEvent, RunView } from "@oroboros/slot-contract";
import { html } from "hono/html";
import { duration, fileSize } from "./measures.ts";
import { stateTag, type Fragment } from "./state-tag.ts";

interface Step {
  name: string;
  /** The event that ended it; undefined for one that was not ended. */
  end: RunEvent | undefined;
}

/** Of one publish: what each step took, how it ended and the evidence it left. */
export function stepTable(
  run: RunView,
  { events, hasEnded }: { events: readonly RunEvent[]; hasEnded: boolean },
  artifacts: readonly ArtifactView[],
): Fragment {
  const steps = stepsOf(events);
  if (steps.length === 0) return html`<p class="muted">No step has started${hasEnded ? "" : " yet"}.</p>`;
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
        ${steps.map((step) => stepRow(run, { ...step, hasEnded }, artifacts))}
      </tbody>
    </table>
  </div>`;
}

function stepsOf(events: readonly RunEvent[]): Step[] {
  return events.flatMap((start, index) => {
    const { event_type: type, detail } = start;
    if (type === "step_reused") return [{ name: String(detail["step"]), end: start }];
    if (type !== "step_started") return [];
    const end = events.slice(index + 1).find((event) => isStepEnd(event) && event.detail["step"] === detail["step"]);
    return [{ name: String(detail["step"]), end }];
  });
}

const isStepEnd = ({ event_type: type }: RunEvent): boolean => type === "step_finished" || type === "step_failed";

function stepRow(
  run: RunView,
  { name, end, hasEnded }: Step & { hasEnded: boolean },
  artifacts: readonly ArtifactView[],
): Fragment {
  const artifact = artifacts.find(({ uri }) => uri === end?.detail["artifact_uri"]);
  const reused = end?.detail["reused"];
  return html`<tr>
    <td>${name.replaceAll("_", " ")}</td>
    <td>${stateTag(stateOf(end, hasEnded))}</td>
    <td class="number">${reused === undefined ? duration(end?.detail["ms"]) : ""}</td>
    <td>
      ${artifact === undefined ? "" : evidence(run, artifact)}
      ${typeof reused === "string" ? html`<span class="muted">${reused}</span>` : ""}
    </td>
  </tr>`;
}

function stateOf(end: RunEvent | undefined, hasEnded: boolean): "ok" | "failed" | "reused" | "running" | "stopped" {
  if (end?.event_type === "step_reused") return "reused";
  if (end !== undefined) return end.event_type === "step_finished" ? "ok" : "failed";
  return hasEnded ? "stopped" : "running";
}

function evidence(run: RunView, artifact: ArtifactView): Fragment {
  const content = `/api/runs/${run.run_id}/artifacts/content?uri=${encodeURIComponent(artifact.uri)}`;
  const name = artifact.artifact_type.replaceAll("_", " ");
  return html`<a href="${content}" data-artifact="${content}">${name}</a>
    <span class="muted">${fileSize(artifact.size_bytes)}</span>`;
}
