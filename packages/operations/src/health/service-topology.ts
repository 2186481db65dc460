import { parseDatabaseAddress, type DatabaseAddress } from "./database-address.ts";
import type { WorkerEnvironment } from "@oroboros/slot-contract/environments";

/** What an installation consists of beside the services that every one has. */
export interface ServiceTopology {
  manager: WorkerEnvironment["OROBOROS_SERVICE_MANAGER"];
  postgres: DatabaseAddress;
  /** Undefined where the queue is in PostgreSQL. */
  redisUrl: string | undefined;
  /** A reverse proxy and, behind it, production's own surface. */
  hasProxy: boolean;
}

type Environment = Pick<WorkerEnvironment, "OROBOROS_SERVICE_MANAGER" | "DATABASE_URL" | "REDIS_URL">;

export const topologyOf = (env: Environment): ServiceTopology => ({
  manager: env.OROBOROS_SERVICE_MANAGER,
  postgres: parseDatabaseAddress(env.DATABASE_URL),
  redisUrl: env.REDIS_URL,
  hasProxy: env.OROBOROS_SERVICE_MANAGER === "systemd",
});
