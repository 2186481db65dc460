import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Every place at which a test can let a process fail, in the order in which a run meets them. */
export const FAULT_POINTS = [
  "acquire.before_claim",
  "acquire.after_claim",
  "publish.after_take_slot",
  "publish.after_checkout",
  "publish.between_steps",
  "reset.before_swap",
  "reset.after_swap",
  "publish.after_reset",
  "publish.before_surface",
  "publish.after_frontend",
  "publish.after_install",
  "publish.after_migrate",
  "publish.after_restart",
  "publish.before_switch",
  "publish.after_switch",
  "publish.after_readiness",
  "publish.after_smoke",
  "publish.before_approval",
  "publish.after_approval",
  "republish.after_begin",
  "republish.before_success",
  "republish.after_success",
  "republish.after_drop_kept",
  "revert.after_surface",
  "revert.after_database",
  "revert.after_restart",
  "revert.after_removal",
  "give_back.before_clear",
  "give_back.after_clear",
  "give_back.before_commit",
  "give_back.after_commit",
  "reap.before_commit",
  "reap.after_commit",
  "clean.before_clear",
  "clear.after_placeholder",
  "clear.after_purge",
  "clean.after_clear",
  "clean.before_commit",
  "clean.after_commit",
  "idle.after_clear",
  "idle.after_reset",
  "idle.after_start",
  "idle.before_note",
  "idle.before_release",
  "api.before_commit",
  "api.after_commit",
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

/** How a process fails at a point that was armed: it dies at once, throws, or never goes on. */
export const FAULT_KINDS = ["kill", "throw", "hang"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
/** `pause` stops the process until it is told to continue: what happens meanwhile happens exactly there. */
const ARMED_KINDS = [...FAULT_KINDS, "pause"] as const;

let armed: { point: FaultPoint; kind: (typeof ARMED_KINDS)[number] } | undefined;

/**
 * Arms one fault of this process: `OROBOROS_FAULT=publish.after_migrate:kill`. For tests of what survives a crash; anything else
 * that is set is refused, so that a typing mistake tests nothing by accident.
 */
export function armFault(text: string | undefined): void {
  if (text === undefined || text === "") {
    armed = undefined;
    return;
  }
  const [place, how] = text.split(":");
  const point = FAULT_POINTS.find((each) => each === place);
  const kind = ARMED_KINDS.find((each) => each === how);
  if (point === undefined || kind === undefined || text !== `${point}:${kind}`)
    throw new Error(`OROBOROS_FAULT can not be ${JSON.stringify(text)}`);
  armed = { point, kind };
}

/** A place at which a test can let the process fail; costs one comparison where none is armed. Fails once, and says so on stderr. */
export async function faultPoint(point: FaultPoint): Promise<void> {
  if (armed?.point !== point) return;
  const { kind } = armed;
  armed = undefined;
  // Synchronously: whoever is killed next writes nothing later.
  writeSync(2, `${JSON.stringify({ fault: point, kind })}\n`);
  if (kind === "throw") throw new Error(`fault at ${point}`);
  if (kind === "pause") return void process.kill(process.pid, "SIGSTOP");
  if (kind === "kill") process.kill(process.pid, "SIGKILL");
  for (;;) await delay(60_000);
}
