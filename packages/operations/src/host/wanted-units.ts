import type { RuntimeContract } from "@oroboros/slot-contract";
import { targetUnit } from "@oroboros/slot-contract/host";
import { showUnits, type UnitProperties } from "../health/show-units.ts";

/** What the host's target starts, by what systemd has read of it. */
export async function wantedUnits(contract: RuntimeContract): Promise<string[]> {
  const target = targetUnit(contract);
  const shown = await showUnits([target], ["Wants"]);
  return (shown?.get(target)?.["Wants"] ?? "").split(" ").filter((unit) => unit !== "");
}

/** The target, and of what it wants that which does not run, with its state. */
export async function idleUnits(contract: RuntimeContract): Promise<Map<string, string>> {
  const units = [targetUnit(contract), ...(await wantedUnits(contract))];
  return idleOf((await showUnits(units, ["LoadState", "ActiveState"])) ?? new Map());
}

const RUNNING = ["active", "reloading", "activating"];

/** One that is masked systemd does not start either. */
export function idleOf(shown: ReadonlyMap<string, UnitProperties>): Map<string, string> {
  const states = [...shown].flatMap(([unit, { LoadState, ActiveState = "inactive" }]) =>
    LoadState === "masked" || RUNNING.includes(ActiveState) ? [] : [[unit, ActiveState] as const],
  );
  return new Map(states);
}
