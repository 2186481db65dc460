import { isTerminal, type RunState } from "@oroboros/slot-contract";
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

export type Fragment = HtmlEscapedString | Promise<HtmlEscapedString>;

const GOOD: readonly string[] = ["needs_approval", "preview_ready", "approved", "merged", "ok"];

/** A state as a word with a colour; the word alone says it too. */
export function stateTag(state: RunState | "idle" | "ok"): Fragment {
  return html`<span class="state ${toneOf(state)}">${state.replaceAll("_", " ")}</span>`;
}

function toneOf(state: RunState | "idle" | "ok"): string {
  if (GOOD.includes(state)) return "good";
  if (state === "idle" || state === "ok") return "";
  if (state === "failed") return "bad";
  return isTerminal(state) ? "" : "busy";
}

export const when = (iso: string): Fragment =>
  html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")}</time>`;
