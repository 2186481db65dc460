import type { RuntimeContract } from "@oroboros/slot-contract";

const STEP = 1_000;
const LAST = 9_000;

/** A port offset to propose to somebody who can not have this contract's: the next thousand up to 9000, else 0. */
export function otherOffset({ portOffset }: Pick<RuntimeContract, "portOffset">): number {
  const next = (Math.floor(portOffset / STEP) + 1) * STEP;
  return next <= LAST ? next : 0;
}
