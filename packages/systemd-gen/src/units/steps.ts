import { slotIds, STEP_KINDS, type RuntimeContract, type StepKind } from "@oroboros/slot-contract";
import { purgeUnit, stepUnit, templateOf } from "@oroboros/slot-contract/host";
import type { Network } from "../hardening.ts";
import { INSTANCE } from "../release-program.ts";
import type { NamedUnit } from "../unit-file.ts";
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
        }),
      ),
      oneshot(contract, {
        name: templateOf(purgeUnit(contract, slot)),
        what: "Oroboros, clearing out of ",
        args: ["purge"],
        network: "none",
        readsRepository: false,
        seconds: PURGE_SECONDS,
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
}

function oneshot(contract: RuntimeContract, { name, what, seconds, ...rest }: Oneshot): NamedUnit {
  return {
    name,
    unit: {
      Unit: { Description: [what, INSTANCE], ...onceUnitSection(contract) },
      Service: {
        Type: "oneshot",
        TimeoutStartSec: seconds,
        TimeoutStopSec: STOP_SECONDS,
        ...slotService(contract, rest),
      },
    },
  };
}
