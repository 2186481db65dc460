import { showUnits } from "./systemctl.ts";

export type UnitState = Readonly<{
  /** Something of it runs, or is about to. */
  isUp: boolean;
  /** Its main process runs; not while systemd waits to start it again. */
  isRunning: boolean;
  mainPid: number | null;
  /** Of this start and no other; empty where it never was started. */
  invocationId: string;
  /** Since when it runs, on the clock of `performance.timeOrigin`'s machine: CLOCK_MONOTONIC. */
  activeSinceMs: number;
}>;

const PROPERTIES = ["ActiveState", "SubState", "MainPID", "InvocationID", "ActiveEnterTimestampMonotonic"] as const;

/** What systemd knows of units, in their order (org.freedesktop.systemd1(5)). */
export async function unitStates(units: readonly string[]): Promise<UnitState[]> {
  const blocks = (await showUnits(units, PROPERTIES)).trim().split("\n\n");
  return blocks.map((block) => stateOf(new Map(block.split("\n").map(splitLine))));
}

export async function unitState(unit: string): Promise<UnitState> {
  const [state] = await unitStates([unit]);
  if (state === undefined) throw new Error(`systemctl showed nothing of ${unit}`);
  return state;
}

function stateOf(shown: ReadonlyMap<string, string>): UnitState {
  const active = shown.get("ActiveState") ?? "";
  const pid = Number(shown.get("MainPID") ?? 0);
  return {
    isUp: active !== "inactive" && active !== "failed",
    isRunning: active === "active" && pid > 0,
    mainPid: pid > 0 ? pid : null,
    invocationId: shown.get("InvocationID") ?? "",
    activeSinceMs: Number(shown.get("ActiveEnterTimestampMonotonic") ?? 0) / 1_000,
  };
}

function splitLine(line: string): [string, string] {
  const equals = line.indexOf("=");
  return [line.slice(0, equals), line.slice(equals + 1)];
}
