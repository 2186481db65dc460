import { FAULT_KINDS, FAULT_POINTS, type FaultKind, type FaultPoint } from "@oroboros/host/fault-point";
import type { Dispatcher } from "./installation.ts";
import type { ScenarioName } from "./scenarios.ts";

export interface Cell {
  point: FaultPoint;
  kind: FaultKind;
  scenario: ScenarioName;
}

/** At least one: a point that nothing comes by would be in no cell. */
type Scenarios = readonly [ScenarioName, ...ScenarioName[]];

const FIRST: Scenarios = ["publish"];
const BOTH: Scenarios = ["publish", "republish"];
const ASKED: Scenarios = ["api: create", "api: publish", "api: cancel", "api: release", "api: reap"];

/** What is asked for so that a process comes by the point. Closed: a new point does not compile without its scenario. */
const REACHED_BY: Record<FaultPoint, Scenarios> = {
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
  "reap.before_commit": ["reap"],
  "reap.after_commit": ["reap"],
  "clean.before_clear": ["cancel"],
  "clear.after_placeholder": ["cancel", "failingPublish"],
  "clear.after_purge": ["cancel", "failingPublish"],
  "clean.after_clear": ["cancel"],
  "clean.before_commit": ["cancel"],
  "clean.after_commit": ["cancel"],
  "idle.after_clear": ["cancel"],
  "idle.after_reset": ["cancel"],
  "idle.after_start": ["cancel"],
  "idle.before_note": ["cancel"],
  "idle.before_release": ["cancel"],
  "api.before_commit": ASKED,
  "api.after_commit": ASKED,
};

/** Every way in which every point can fail. */
const CELLS: readonly Cell[] = FAULT_POINTS.flatMap((point) =>
  REACHED_BY[point].flatMap((scenario) => FAULT_KINDS.map((kind) => ({ point, kind, scenario }))),
);

/** What every run of the tests goes through: each kind, each scenario, and what once went wrong. */
const CHOSEN: Record<Dispatcher["name"], readonly string[]> = {
  postgres: [
    "publish acquire.after_claim throw",
    "publish publish.after_migrate kill",
    "republish reset.after_swap hang",
    "failingPublish give_back.after_clear kill",
    "cancel idle.after_start kill",
    "api: create api.after_commit kill",
  ],
  redis: [
    "republish publish.after_switch kill",
    "failingRepublish revert.after_database hang",
    "failingRepublish revert.after_surface throw",
    "cancel clear.after_purge kill",
    "reap reap.before_commit kill",
    "api: cancel api.before_commit hang",
  ],
};

const nameOf = ({ scenario, point, kind }: Cell): string => `${scenario} ${point} ${kind}`;

/** All of them with `test.sh --full`; `CELL=<regular expression>` names some for whoever looks for a fault. */
export function chosenCells(dispatcher: Dispatcher["name"]): Cell[] {
  const wanted = process.env["CELL"];
  if (wanted !== undefined) return CELLS.filter((cell) => new RegExp(wanted).test(nameOf(cell)));
  if (process.env["OROBOROS_TEST_FULL"] === "1") return [...CELLS];
  return CHOSEN[dispatcher].map((name) => {
    const cell = CELLS.find((each) => nameOf(each) === name);
    if (cell === undefined) throw new Error(`there is no cell ${name}`);
    return cell;
  });
}
