import { entriesOf, makeNewDirectory, removeTree, writeFileAtomic } from "@oroboros/host";
import type { RuntimeContract } from "@oroboros/slot-contract";
import { maintenancePath } from "@oroboros/slot-contract/host";
import type { DailySummary } from "./summarize-day.ts";

const KEPT_SUMMARIES = 30;
const SUMMARY = /^daily-summary-\d{4}-\d{2}-\d{2}\.json$/;

/** Writes a day's summary beside those of the last days, in place of an earlier one of the same day. */
export async function keepSummary(
  contract: RuntimeContract,
  summary: DailySummary,
): Promise<{ path: string; removed: string[] }> {
  const directory = maintenancePath(contract);
  // Not set afterwards: it takes the group of the artifacts' directory, and what hands it on, from there (mkdir(2)).
  makeNewDirectory(directory, 0o750);
  const path = `${directory}/daily-summary-${summary.date}.json`;
  await writeFileAtomic(path, `${JSON.stringify(summary, null, 2)}\n`, { mode: 0o640 });
  const removed = entriesOf(directory)
    .filter((name) => SUMMARY.test(name))
    .toSorted()
    .slice(0, -KEPT_SUMMARIES);
  await removeTree(...removed.map((name) => `${directory}/${name}`));
  return { path, removed };
}
