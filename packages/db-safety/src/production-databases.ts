import { CONTROL_DATABASE } from "@oroboros/slot-contract";

/**
 * Databases that nothing here may ever be pointed at, on whichever server: the runtime's own, the server's, and production's
 * under the names that the documents give it.
 */
const ALWAYS_PRODUCTION = [
  CONTROL_DATABASE,
  "postgres",
  "template0",
  "template1",
  "app_production",
  "dreichor_prod",
] as const;

/** In any case of letters: whoever writes `APP_PRODUCTION` means production, although it is no such database's name. */
export function isProductionDatabase(database: string, more: readonly string[] = []): boolean {
  return [...ALWAYS_PRODUCTION, ...more].some((name) => name.toLowerCase() === database.toLowerCase());
}
