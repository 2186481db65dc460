import { randomUUID } from "node:crypto";
import { slotHome, type SlotId, type StepRequest } from "@oroboros/slot-contract";
import { commandPath, stepJobFile, stepLog, stepUnit } from "@oroboros/slot-contract/host";
import { childEnvironment } from "../child-environment.ts";
import type { SlotProcesses, StepResult } from "../slot-processes.ts";
import { requireSlotPath, temporaryPath } from "../slot/slot-directory.ts";
import type { StepJob } from "../slot/step-lines.ts";
import { runUnit } from "./run-unit.ts";
import type { SlotGate } from "./slot-gate.ts";
import { stepResultOf } from "./step-result.ts";
import type { SystemdHost } from "./systemd-host.ts";

/** Runs a step in its slot's unit of that kind. */
export async function runStep(
  { contract }: SystemdHost,
  gate: SlotGate,
  slot: SlotId,
  request: StepRequest,
  { leaseEpoch, signal, onOutput }: Parameters<SlotProcesses["runStep"]>[2],
): Promise<StepResult> {
  requireSlotPath(contract, slot, request.cwd);
  await gate.admit(leaseEpoch);
  const ended = await runUnit({
    contract,
    unit: stepUnit(contract, request.kind, slot),
    jobFile: stepJobFile(contract, slot, request.kind),
    logFile: stepLog(contract, slot, request.kind),
    job: jobOf(contract, slot, request),
    timeoutMs: request.timeout_ms,
    signal,
    onOutput,
    enter: (task) => gate.enter(leaseEpoch, task, signal),
  });
  return stepResultOf({ ...ended, memoryMb: contract.slotLimits.memoryMb });
}

function jobOf(contract: SystemdHost["contract"], slot: SlotId, { argv, cwd, env }: StepRequest): StepJob {
  const [program = "", ...args] = argv;
  return {
    job_id: randomUUID(),
    argv: [program, ...args],
    cwd,
    // What package managers need to reach their registry, the unit knows from a file of root's.
    env: childEnvironment({
      source: {},
      declared: { ...env, TMPDIR: temporaryPath(contract, slot) },
      home: slotHome(contract, slot),
      path: commandPath(contract),
    }),
  };
}
