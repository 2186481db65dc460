import { FAULT_KINDS, FAULT_POINTS, type FaultKind, type FaultPoint } from "@oroboros/host/fault-point";
import type { ScenarioName } from "./scenarios.ts";

export interface Cell {
  point: FaultPoint;
  kind: FaultKind;
  scenario: ScenarioName;
}

const FIRST: ScenarioName[] = ["publish"];
const BOTH: ScenarioName[] = ["publish", "republish"];

/** What is asked for so that a process comes by the point. Closed: a new point does not compile without its scenario. */
const REACHED_BY: Record<FaultPoint, ScenarioName[]> = {
  "acquire.before_claim": FIRST,
  "acquire.after_claim": FIRST,
  "publish.after_take_slot": FIRST,
  "publish.after_checkout": BOTH,
  "publish.between_steps": BOTH,
  "reset.before_swap": BOTH,
  "reset.after_swap": BOTH,
  "publish.after_reset": BOTH,
  "publish.before_surface": BOTH,
  "publish.after_frontend": BOTH,
  "publish.after_install": BOTH,
  "publish.after_migrate": BOTH,
  "publish.after_restart": BOTH,
  "publish.before_switch": BOTH,
  "publish.after_switch": BOTH,
  "publish.after_readiness": BOTH,
  "publish.after_smoke": BOTH,
  "publish.before_approval": FIRST,
  "publish.after_approval": FIRST,
  "republish.after_begin": ["republish"],
  "republish.before_success": ["republish"],
  "republish.after_success": ["republish"],
  "republish.after_drop_kept": ["republish"],
  "revert.after_surface": ["failingRepublish"],
  "revert.after_database": ["failingRepublish"],
  "revert.after_restart": ["failingRepublish"],
  "revert.after_removal": ["failingRepublish"],
  "give_back.before_clear": ["failingPublish"],
  "give_back.after_clear": ["failingPublish"],
  "give_back.before_commit": ["failingPublish"],
  "give_back.after_commit": ["failingPublish"],
  "idle.after_clear": ["idle"],
  "idle.after_reset": ["idle"],
  "idle.after_start": ["idle"],
  "idle.before_note": ["idle"],
  "idle.before_release": ["idle"],
  "api.before_commit": [],
  "api.after_commit": [],
};

/** Every way in which every point can fail. */
export const CELLS: readonly Cell[] = FAULT_POINTS.flatMap((point) =>
  REACHED_BY[point].flatMap((scenario) => FAULT_KINDS.map((kind) => ({ point, kind, scenario }))),
);
