import type { RuntimeContract } from "@oroboros/slot-contract";
import type { Clock } from "../context.ts";

/** What installing a host needs of the clone it is typed in. */
export interface InstallRequest {
  /** Of the clone's `infra/contract.ts`. */
  contract: RuntimeContract;
  checkout: string;
  /** The pinned programs that the release takes along. */
  node: string;
  pnpm: string;
  /** Who asks; only root can. */
  uid: number;
  /** Put back what somebody else has changed by hand. */
  replace: boolean;
  /** Only say what would be done. */
  dryRun: boolean;
  clock: Clock;
  onStage: (stage: string) => void;
}
