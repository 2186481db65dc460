import { slotAlias, slotIds, surfaceUnit, type RuntimeContract } from "@oroboros/slot-contract";
import { socketOf, UNIT_DIRECTORY } from "@oroboros/slot-contract/host";
import { showUnits } from "../health/show-units.ts";
import { applyText } from "./apply-text.ts";
import { requireSystemd } from "./components.ts";
import type { HostText } from "./files/host-text.ts";
import { hostTexts } from "./host-texts.ts";
import { knownTexts, lockInstallation, readRecord, writeRecord, type InstallRecord } from "./install-record.ts";
import { describeStep, type TextStep } from "./install-step.ts";
import { installedHostContract } from "./installed-host.ts";
import { observeTexts } from "./observe-texts.ts";
import { refuseForeignListeners, requireRoot } from "./preflight.ts";
import { refuseEdited } from "./refuse-edited.ts";
import { systemctl } from "./systemctl.ts";
import { textSteps } from "./text-steps.ts";
import type { HostRequest } from "./up-host.ts";

export interface ProvisionSlotsReport {
  slots: string[];
  /** What is to be done. */
  plan: string[];
  /** What was done because it was not so already. */
  changed: string[];
}

interface SlotsPlan {
  texts: HostText[];
  record: InstallRecord;
  writes: TextStep[];
  starts: string[];
}

/**
 * Installs, or brings up to date, what the slots of an installed host have from root, and starts their surfaces. How many slots there are is
 * the installation's: more of them take `host install`, for their users and databases.
 *
 * @throws OperatorError `command_refused`, `component_missing`, `not_installed`, `port_taken`, `unsafe_file`, `file_edited`, `unit_failed`.
 */
export async function provisionHostSlots(
  request: HostRequest & { dryRun: boolean; replace: boolean },
): Promise<ProvisionSlotsReport> {
  requireRoot(request.uid);
  requireSystemd();
  const contract = await installedHostContract(request);
  await refuseForeignListeners(contract, request.clock);
  const slots = slotIds(contract);
  if (request.dryRun) return { slots, plan: describePlan(await planSlots(contract, request)), changed: [] };
  const lock = await lockInstallation(contract);
  try {
    const plan = await planSlots(contract, request);
    await applyPlan(contract, plan, request.onStage);
    return { slots, plan: describePlan(plan), changed: describePlan(plan) };
  } finally {
    lock.release();
  }
}

async function planSlots(contract: RuntimeContract, { replace }: { replace: boolean }): Promise<SlotsPlan> {
  const texts = hostTexts(contract).filter((text) => isOfSlot(contract, text));
  const record = await readRecord(contract);
  const { judged, differences } = await observeTexts(contract, texts, { ...record, known: only(record.known, texts) });
  if (!replace) refuseEdited({ texts: judged, differences, unsafeTokens: undefined });
  return { texts, record, writes: judged.flatMap(textSteps), starts: await stoppedSurfaces(contract) };
}

async function applyPlan(
  contract: RuntimeContract,
  { texts, record, writes, starts }: SlotsPlan,
  onStage: HostRequest["onStage"],
): Promise<void> {
  if (writes.length > 0) {
    await writeRecord(contract, { ...record, known: knownTexts(texts, record.known) });
    for (const step of writes) {
      onStage(describeStep(step));
      await applyText(step);
    }
    await systemctl("daemon-reload");
  }
  if (starts.length === 0) return;
  onStage(`starting ${starts.join(", ")}`);
  await systemctl("start", ...starts);
}

const describePlan = ({ writes, starts }: SlotsPlan): string[] => [
  ...writes.map(describeStep),
  ...starts.map((unit) => `start ${unit}`),
];

/** A surface's env file and socket, and what says as whom a slot's processes run. */
function isOfSlot(contract: RuntimeContract, { path }: HostText): boolean {
  const aliases = slotIds(contract).map(slotAlias);
  return aliases.some(
    (alias) => path.endsWith(`/web-${alias}.env`) || (path.startsWith(UNIT_DIRECTORY) && path.includes(`@${alias}.`)),
  );
}

/** What else was installed is not looked at, and so not left over. */
const only = (known: InstallRecord["known"], texts: readonly HostText[]): InstallRecord["known"] =>
  Object.fromEntries(Object.entries(known).filter(([id]) => texts.some(({ path }) => path === id.split("#", 1)[0])));

async function stoppedSurfaces(contract: RuntimeContract): Promise<string[]> {
  const units = slotIds(contract).flatMap((slot) => {
    const unit = surfaceUnit(contract, slot);
    return [socketOf(unit), unit];
  });
  const shown = await showUnits(units, ["ActiveState"]);
  return units.filter((unit) => shown?.get(unit)?.["ActiveState"] !== "active");
}
