import {
  backendLog,
  backendUnit,
  slotHome,
  slotIds,
  slotRunPath,
  slotWorktrees,
  type RuntimeContract,
  type SlotId,
} from "@oroboros/slot-contract";
import { backendStartFile, purgeUnit, slotUser, stepLogsPath, stepUnit } from "@oroboros/slot-contract/host";
import type { Command, NamedUnit, ServiceSection, Text } from "../unit-file.ts";

/** Which user an instance is: no specifier turns `preview1` into `oroboros-preview-1`. */
export function slotDropIns(contract: RuntimeContract): NamedUnit[] {
  return slotIds(contract).flatMap((slot) => [
    backendDropIn(contract, slot),
    // A drop-in of a name that ends in a dash is of every unit whose name begins like that (systemd.unit(5)).
    oneshotDropIn(contract, slot, stepUnit(contract, "build", slot).replace("-build@", "-@")),
    purgeDropIn(contract, slot),
  ]);
}

function backendDropIn(contract: RuntimeContract, slot: SlotId): NamedUnit {
  const log = backendLog(contract, slot);
  return {
    name: dropIn(backendUnit(contract, slot)),
    unit: {
      // Whoever starts everything starts the backends that have a job.
      Unit: { ConditionPathExists: backendStartFile(contract, slot) },
      Service: { ...ofSlot(contract, slot), ExecStartPre: setAside(log), StandardOutput: log },
    },
  };
}

/** A backend that is started again and again must not fill the disk with what it says; `LimitFSIZE=` ends one that never stops. */
function setAside(log: string): Command {
  const isLarge = ["-maxdepth", "0", "-size", "+64M"];
  return {
    argv: ["/usr/bin/find", log, ...isLarge, "-exec", "/bin/mv", "-f", "{}", `${log}.1`, ";"],
    asRoot: true,
    mayFail: true,
  };
}

/** What a step says goes into a file of its slot and kind, which is made anew for each: `%j` is `build` in `ouroboros-step-build@preview1`. */
function oneshotDropIn(contract: RuntimeContract, slot: SlotId, unit: string): NamedUnit {
  const log: Text = [`${stepLogsPath(contract)}/${slot}-`, { specifier: "j" }, ".log"];
  const removeLog: Command = { argv: ["/bin/rm", "-f", log], asRoot: true };
  return {
    name: dropIn(unit),
    unit: { Service: { ...ofSlot(contract, slot), ExecStartPre: removeLog, StandardOutput: log } },
  };
}

/** The next run's backend begins a log of its own. */
function purgeDropIn(contract: RuntimeContract, slot: SlotId): NamedUnit {
  const log = backendLog(contract, slot);
  const { name, unit } = oneshotDropIn(contract, slot, purgeUnit(contract, slot));
  const setAside: Command = { argv: ["/bin/mv", "-f", log, `${log}.1`], asRoot: true, mayFail: true };
  return { name, unit: { ...unit, Service: { ...unit.Service, ExecStopPost: setAside } } };
}

const dropIn = (unit: string): string => `${unit}.d/slot.conf`;

function ofSlot(contract: RuntimeContract, slot: SlotId): ServiceSection {
  return {
    User: slotUser(slot),
    Group: slotUser(slot),
    Environment: { SLOT_ID: slot },
    ReadWritePaths: [slotWorktrees(contract, slot), slotHome(contract, slot)],
    BindReadOnlyPaths: [slotRunPath(contract, slot)],
  };
}
