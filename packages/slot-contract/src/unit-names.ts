import type { RuntimeContract } from "./runtime-contract.ts";
import { slotAlias, slotIds, type SlotId } from "./slot-id.ts";

type Prefix = Pick<RuntimeContract, "unitPrefix">;

/** The distribution's units; theirs are the only names without the contract's prefix. */
export const POSTGRES_UNIT = "postgresql.service";
export const REDIS_UNIT = "redis.service";

const unit = (contract: Prefix, name: string): string => `${contract.unitPrefix}-${name}.service`;

export const caddyUnit = (contract: Prefix): string => unit(contract, "caddy");
export const apiUnit = (contract: Prefix): string => unit(contract, "api");
export const workerUnit = (contract: Prefix): string => unit(contract, "worker");
export const webMainUnit = (contract: Prefix): string => unit(contract, "web@main");
export const surfaceUnit = (contract: Prefix, slot: SlotId): string => unit(contract, `web@${slotAlias(slot)}`);
export const backendUnit = (contract: Prefix, slot: SlotId): string =>
  unit(contract, `preview-backend@${slotAlias(slot)}`);
/** Production backend of a foreign application. */
export const appUnit = (contract: Prefix): string => unit(contract, "app");

/** Every unit of the runtime's topology, the distribution's included. */
export const allUnits = (contract: RuntimeContract): string[] => [
  caddyUnit(contract),
  webMainUnit(contract),
  apiUnit(contract),
  workerUnit(contract),
  appUnit(contract),
  POSTGRES_UNIT,
  REDIS_UNIT,
  ...slotIds(contract).flatMap((slot) => [surfaceUnit(contract, slot), backendUnit(contract, slot)]),
];
