import { parseSlotId, type RuntimeContract, type SlotId, slotIds, STEP_KINDS } from "@oroboros/slot-contract";
import { stepUnit } from "@oroboros/slot-contract/host";
import type { SlotProcesses } from "../slot-processes.ts";
import { backendLogTail } from "../slot/backend-job.ts";
import { type Backend, unitBackend } from "./backend.ts";
import { purgeSlot } from "./purge.ts";
import { runStep } from "./run-step.ts";
import { type SlotGate, slotGate } from "./slot-gate.ts";
import { unitStates } from "./unit-state.ts";

type Driven = Readonly<{ gate: SlotGate; backend: Backend }>;

/**
 * The slots of a systemd host: each process is a unit of root's, which the worker may start and stop, and whose job it writes. Any
 * number of processes may use it at once.
 */
export function systemdClient(host: Readonly<{ contract: RuntimeContract; fetch: typeof fetch }>): SlotProcesses {
  const { contract } = host;
  const slots = new Map(
    slotIds(contract).map((slot): [SlotId, Driven] => {
      const gate = slotGate(contract, slot);
      return [slot, { gate, backend: unitBackend(host, gate, slot) }];
    }),
  );
  const of = (slot: SlotId): Driven => {
    const found = slots.get(parseSlotId(contract, slot));
    if (found === undefined) throw new Error("every slot of the contract was opened");
    return found;
  };
  return {
    runStep: async (slot, request, options) => runStep(host, of(slot).gate, slot, request, options),
    backend: async (slot, command, { healthTimeoutMs = 0, worktreePath = null, leaseEpoch } = {}) =>
      of(slot).backend.obey(command, { healthTimeoutMs, worktreePath, leaseEpoch }),
    backendLogTail: (slot, lines) => backendLogTail({ contract, slot }, lines),
    runningSteps: async (slot) => {
      const states = await unitStates(STEP_KINDS.map((kind) => stepUnit(contract, kind, slot)));
      return states.filter(({ isUp }) => isUp).length;
    },
    purge: async (slot, { leaseEpoch } = {}) => {
      const { gate, backend } = of(slot);
      await purgeSlot(host, gate, { slot, leaseEpoch, giveUp: backend.giveUp });
    },
  };
}
