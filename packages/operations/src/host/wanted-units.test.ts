import { expect, test } from "vitest";
import { idleOf } from "./wanted-units.ts";

const state = (ActiveState: string, LoadState = "loaded"): Record<string, string> => ({ ActiveState, LoadState });

test("a unit of the target's that does not run, or failed, is idle; one that starts, or was masked, is not", () => {
  const shown = new Map([
    ["ouroboros.target", state("active")],
    ["ouroboros-prune.timer", state("inactive")],
    ["ouroboros-nftables.service", state("failed")],
    ["ouroboros-worker.service", state("activating")],
    ["ouroboros-daily-summary.timer", state("inactive", "masked")],
  ]);
  expect([...idleOf(shown)]).toEqual([
    ["ouroboros-prune.timer", "inactive"],
    ["ouroboros-nftables.service", "failed"],
  ]);
  expect([...idleOf(new Map([["ouroboros.target", {}]]))]).toEqual([["ouroboros.target", "inactive"]]);
});
