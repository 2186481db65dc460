import { setTimeout as delay } from "node:timers/promises";

/** How a process fails at a point that was armed: it dies at once, throws, or never goes on. */
const FAULT_KINDS = ["kill", "throw", "hang"] as const;
type FaultKind = (typeof FAULT_KINDS)[number];

let armed: { point: string; kind: FaultKind } | undefined;

/**
 * Arms one fault of this process: `OROBOROS_FAULT=publish.after_migrate:kill`. For tests of what survives a crash; anything else
 * that is set is refused, so that a typing mistake tests nothing by accident.
 */
export function armFault(text: string | undefined): void {
  if (text === undefined || text === "") {
    armed = undefined;
    return;
  }
  const [, point, kind] = /^([a-z]+(?:\.[a-z_]+)+):([a-z]+)$/.exec(text) ?? [];
  const known = FAULT_KINDS.find((each) => each === kind);
  if (point === undefined || known === undefined) throw new Error(`OROBOROS_FAULT can not be ${JSON.stringify(text)}`);
  armed = { point, kind: known };
}

/** A place at which a test can let the process fail; costs one comparison where none is armed. Fails once. */
export async function faultPoint(point: string): Promise<void> {
  if (armed?.point !== point) return;
  const { kind } = armed;
  armed = undefined;
  if (kind === "throw") throw new Error(`fault at ${point}`);
  if (kind === "kill") process.kill(process.pid, "SIGKILL");
  for (;;) await delay(60_000);
}
