import type { Migration } from "kysely/migration";
import { up } from "./0001-control-tables.ts";

/** Every migration by name, in a map rather than a directory so that it can be bundled. Forward only. */
export const migrations: Record<string, Migration> = { "0001-control-tables": { up } };
