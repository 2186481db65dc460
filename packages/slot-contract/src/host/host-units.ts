import type { RuntimeContract } from "../runtime-contract.ts";
import { slotAlias, type SlotId } from "../slot-id.ts";
import type { StepKind } from "../step-kinds.ts";

type Prefix = Pick<RuntimeContract, "unitPrefix">;

/** What `postgresql.service` starts on Debian 12, where that unit itself does nothing (postgresql-common). */
export const POSTGRES_CLUSTER_UNIT = "postgresql@15-main.service";
/** Debian's own name; `redis.service` is an alias that exists only while it is enabled. */
export const REDIS_SERVER_UNIT = "redis-server.service";
/** Units of Debian's packages that would serve beside ours. */
export const MASKED_UNITS = ["caddy.service", "caddy-api.service"] as const;

/** Starts and stops everything of ours. */
export const targetUnit = ({ unitPrefix }: Prefix): string => `${unitPrefix}.target`;
/** Rules of who may connect to whom; the table is ours alone. */
export const NFTABLES_TABLE = ["inet", "oroboros"] as const;
/** Its counter of replies that were dropped because the port is another user's. */
export const SQUATTERS_COUNTER = "squatters";
export const nftablesUnit = ({ unitPrefix }: Prefix): string => `${unitPrefix}-nftables.service`;
/** Fills the package cache for the job that the worker wrote. */
export const packagesUnit = ({ unitPrefix }: Prefix): string => `${unitPrefix}-packages.service`;

/** The socket that systemd listens on for a unit of {@link ../unit-names}. */
export const socketOf = (unit: string): string => unit.replace(/\.service$/, ".socket");
/** `web@preview1.service` is an instance of `web@.service` (systemd.unit(5)). */
export const templateOf = (unit: string): string => unit.replace(/@[^.]*\./, "@.");

/** Runs one step of a slot as the slot's user, from the job file of its kind. */
export const stepUnit = ({ unitPrefix }: Prefix, kind: StepKind, slot: SlotId): string =>
  `${unitPrefix}-step-${kind}@${slotAlias(slot)}.service`;
/** Removes whatever the slot's user has in its worktrees and its home, as that user. */
export const purgeUnit = ({ unitPrefix }: Prefix, slot: SlotId): string =>
  `${unitPrefix}-purge@${slotAlias(slot)}.service`;

/** Root's own templates, by a commit's full id: `deploy`, `self-deploy` and `rollback` switch a release, and run nothing of its commit. */
export const RELEASE_UNIT_KINDS = ["deploy", "self-deploy", "rollback"] as const;
/** Templates that run what a commit says, with neither secrets nor the control database. */
export const COMMIT_UNIT_KINDS = ["build", "app-migrate"] as const;
export type CommitUnitKind = (typeof RELEASE_UNIT_KINDS)[number] | (typeof COMMIT_UNIT_KINDS)[number];
export const commitTemplate = ({ unitPrefix }: Prefix, kind: CommitUnitKind): string =>
  `${unitPrefix}-${kind}@.service`;

/** What is done from time to time, each with a timer. */
export const MAINTENANCE_TASKS = ["reap-leases", "audit-resets", "prune", "daily-summary"] as const;
export type MaintenanceTask = (typeof MAINTENANCE_TASKS)[number];
export const maintenanceUnit = ({ unitPrefix }: Prefix, task: MaintenanceTask): string =>
  `${unitPrefix}-${task}.service`;
export const timerOf = (unit: string): string => unit.replace(/\.service$/, ".timer");
