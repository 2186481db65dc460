import type { RuntimeContract } from "@oroboros/slot-contract";
import { WORKER_USER } from "@oroboros/slot-contract/host";
import { accountOf } from "../accounts.ts";

/** What the driver knows of the host it drives. */
export type SystemdHost = Readonly<{ contract: RuntimeContract; fetch: typeof fetch }>;

/** Who may have written a slot's jobs: the worker, and root's own commands. */
export const jobOwners = (): number[] => [accountOf(WORKER_USER).uid, 0];
