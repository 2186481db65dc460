import { replaceFunctions } from "./replace-functions.ts";

// A process of its own, because modules are replaced in it: node play-schedules.ts <PlayRequest as JSON>. Says what was broken, as JSON.
const standIns = replaceFunctions({
  [import.meta.resolve("@oroboros/control-store")]: "holdLease",
  [import.meta.resolve("@oroboros/host")]: "faultPoint",
  [import.meta.resolve("../publish/observe-source.ts")]: "observeSource",
  [import.meta.resolve("../publish/plan-publish.ts")]: "planPublish",
  [import.meta.resolve("../publish/carry-out.ts")]: "carryOut",
  [import.meta.resolve("../publish/revert-publish.ts")]: "revertPublish",
  [import.meta.resolve("../publish/step-log.ts")]: "openStepLog",
  [import.meta.resolve("../publish/observe-previous.ts")]: "observePrevious",
  [import.meta.resolve("../publish/record-diff.ts")]: "recordDiff",
  [import.meta.resolve("../publish/remove-leftovers.ts")]: "removeLeftovers",
  [import.meta.resolve("../publish/tidy-up.ts")]: "tidyUp",
  [import.meta.resolve("../slots/clear-slot.ts")]: "clearSlot",
  [import.meta.resolve("../database/warm-spare.ts")]: "warmSpare",
});
const { notedSteps } = await import("./noted-steps.ts");
const { playSchedules } = await import("./played-schedules.ts");

const request = JSON.parse(process.argv[2] ?? "") as Parameters<typeof playSchedules>[0];
Object.assign(standIns, notedSteps(request));
process.stdout.write(JSON.stringify(await playSchedules(request)));
