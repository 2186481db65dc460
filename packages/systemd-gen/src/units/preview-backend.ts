import { backendUnit, slotIds, type RuntimeContract } from "@oroboros/slot-contract";
import { POSTGRES_CLUSTER_UNIT, nftablesUnit, targetUnit, templateOf } from "@oroboros/slot-contract/host";
import { INSTANCE } from "../release-program.ts";
import type { NamedUnit } from "../unit-file.ts";
import { slotService } from "./slot-service.ts";

/** A branch's backend: the runner reads the slot's job and becomes it. */
export function backendTemplate(contract: RuntimeContract): NamedUnit[] {
  return slotIds(contract)
    .slice(0, 1)
    .map((slot) => ({
      name: templateOf(backendUnit(contract, slot)),
      unit: {
        Unit: {
          Description: ["Oroboros backend of ", INSTANCE],
          PartOf: targetUnit(contract),
          // It is restarted with the rules of who may connect to whom, and never runs without.
          Requires: nftablesUnit(contract),
          Wants: POSTGRES_CLUSTER_UNIT,
          After: [nftablesUnit(contract), POSTGRES_CLUSTER_UNIT],
          CollectMode: "inactive-or-failed",
          StartLimitIntervalSec: 0,
        },
        Service: {
          Type: "exec",
          Restart: "always",
          RestartSec: 2,
          TimeoutStopSec: 10,
          ...slotService(contract, { args: ["backend"], network: "loopback", readsRepository: false }),
        },
      },
    }));
}
