import type { AttemptState, RunState } from "@oroboros/slot-contract";
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

export type Fragment = HtmlEscapedString | Promise<HtmlEscapedString>;

/** What a run, a slot or a step is said to be. */
type Shown = RunState | AttemptState | "idle" | "ok" | "reused" | "running" | "stopped";

const GOOD: readonly Shown[] = ["needs_approval", "preview_ready", "approved", "merged", "ok", "succeeded"];
const PLAIN: readonly Shown[] = ["idle", "reused", "stopped", "canceled", "expired"];

/** A state as a word with a colour; the word alone says it too. */
export function stateTag(state: Shown): Fragment {
  return html`<span class="state ${toneOf(state)}">${state.replaceAll("_", " ")}</span>`;
}

function toneOf(state: Shown): string {
  if (GOOD.includes(state)) return "good";
  if (PLAIN.includes(state)) return "";
  return state === "failed" ? "bad" : "busy";
}

export const when = (iso: string): Fragment =>
  html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")}</time>`;
