import { LOGIN_CONNECTIONS } from "../access/functions/rotate-login.ts";
import { TEMPLATE_CONNECTIONS } from "../provision/role-specs.ts";

/** The pools of api and worker, their queue and listeners, and what a reset of each slot opens for a moment. */
const OWN_CONNECTIONS = 40;

/** How many sessions a server has to have room for, so that slots which take all of theirs keep nobody else from connecting. */
export const connectionBudget = (slotCount: number): number =>
  slotCount * LOGIN_CONNECTIONS + TEMPLATE_CONNECTIONS + OWN_CONNECTIONS;

/** PostgreSQL keeps these for superusers, by default. */
const RESERVED_CONNECTIONS = 3;
const LEAST = 100;

/** `max_connections` for a server of this many slots and nothing else. */
export const maxConnections = (slotCount: number): number =>
  Math.max(LEAST, connectionBudget(slotCount) + RESERVED_CONNECTIONS);
