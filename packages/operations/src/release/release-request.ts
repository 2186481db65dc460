import type { CommitSha, RuntimeContract } from "@oroboros/slot-contract";
import type { Clock } from "../context.ts";

/** What the first release of a host is made from: a clone at one commit, with everything of it committed and its bundle built. */
export interface HostReleaseRequest {
  contract: RuntimeContract;
  commit: CommitSha;
  /** The clone: its bundle lies in `dist/release`. */
  checkout: string;
  /** The pinned Node and pnpm, which the release takes along. */
  node: string;
  pnpm: string;
  clock: Pick<Clock, "today">;
}
