import { POSTGRES_CLUSTER_UNIT } from "@oroboros/slot-contract/host";
import type { NamedUnit } from "../unit-file.ts";

/** Debian's unit of a cluster starts a server that was killed, by the kernel for want of memory say, never again. */
export const postgresDropIns = (): NamedUnit[] => [
  {
    name: `${POSTGRES_CLUSTER_UNIT}.d/oroboros.conf`,
    unit: { Unit: { StartLimitIntervalSec: 0 }, Service: { Restart: "on-failure", RestartSec: 1 } },
  },
];
