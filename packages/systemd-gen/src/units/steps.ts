import { slotIds, STEP_KINDS, type RuntimeContract, type StepKind } from "@oroboros/slot-contract";
import { purgeUnit, stepUnit, templateOf } from "@oroboros/slot-contract/host";
import type { Network } from "../hardening.ts";
import { INSTANCE } from "../release-program.ts";
import type { Command, NamedUnit, ServiceSection } from "../unit-file.ts";
import { onceUnitSection, slotService } from "./slot-service.ts";

/** The worker ends a step at its own limit, which is shorter; this is for a worker that does not. */
const STEP_SECONDS = 3_600;
const PURGE_SECONDS = 300;
/** Somebody waits for a step that was cancelled, and for the slot. */
const STOP_SECONDS = 2;

const STEP_NETWORKS: Readonly<Record<StepKind, Network>> = {
  checkout: "none",
  install: "full",
  build: "full",
  migrate: "loopback",
  cleanup: "none",
};

/**
 * The one that a step's runner has, and its command does not. It does least of those that ProtectClock= and the like leave: it keeps a
 * machine from falling asleep.
 * Why it has one: {@link ../../../../apps/step-runner/src/without-capabilities.ts}.
 */
const RUNNER_CAPABILITY = "CAP_BLOCK_SUSPEND";

/** One template for each kind of step, and one that clears a slot out; all run once, for a job that the worker wrote. */
export function stepTemplates(contract: RuntimeContract): NamedUnit[] {
  return slotIds(contract)
    .slice(0, 1)
    .flatMap((slot) => [
      ...STEP_KINDS.map((kind) =>
        oneshot(contract, {
          name: templateOf(stepUnit(contract, kind, slot)),
          what: `Oroboros step ${kind} of `,
          args: ["step", kind],
          network: STEP_NETWORKS[kind],
          readsRepository: kind === "checkout",
          seconds: STEP_SECONDS,
          guard: guarded,
        }),
      ),
      oneshot(contract, {
        name: templateOf(purgeUnit(contract, slot)),
        what: "Oroboros, clearing out of ",
        args: ["purge"],
        network: "none",
        readsRepository: false,
        seconds: PURGE_SECONDS,
        guard: (service) => service,
      }),
    ]);
}

interface Oneshot {
  readonly name: string;
  readonly what: string;
  readonly args: readonly string[];
  readonly network: Network;
  readonly readsRepository: boolean;
  readonly seconds: number;
  readonly guard: (service: ServiceSection) => ServiceSection;
}

/** Against the step's command, which has its runner's user: neither its memory nor Node's debugger, which SIGUSR1 starts, is open to it. */
const guarded = (service: ServiceSection): ServiceSection => ({
  ...service,
  ExecStart: withoutDebugger(service.ExecStart as Command),
  CapabilityBoundingSet: RUNNER_CAPABILITY,
  AmbientCapabilities: RUNNER_CAPABILITY,
  // By capset(2) the runner's capability is dropped; nothing takes one that it was not given.
  SystemCallFilter: [...(service.SystemCallFilter ?? []), ["capset"]],
  // As it is by what hides directories; said, so that whoever reads the unit counts it.
  PrivateMounts: true,
});

function withoutDebugger({ argv: [node, ...args], ...command }: Command): Command {
  return { ...command, argv: [node, "--disable-sigusr1", ...args] };
}

function oneshot(contract: RuntimeContract, { name, what, seconds, guard, ...rest }: Oneshot): NamedUnit {
  return {
    name,
    unit: {
      Unit: { Description: [what, INSTANCE], ...onceUnitSection(contract) },
      Service: {
        Type: "oneshot",
        TimeoutStartSec: seconds,
        TimeoutStopSec: STOP_SECONDS,
        ...guard(slotService(contract, rest)),
      },
    },
  };
}
