import type { Migration } from "kysely/migration";
import { up as controlTables } from "./0001-control-tables.ts";
import { up as publishAttempts } from "./0002-publish-attempts.ts";
import { up as failureCodes } from "./0003-failure-codes.ts";
import { up as idleSlots } from "./0004-idle-slots.ts";
import { up as controlPlane } from "./0005-control-plane.ts";
import { up as reservedSlots } from "./0006-reserved-slots.ts";
import { up as runRelations } from "./0007-run-relations.ts";
import { up as workerDeaths } from "./0008-worker-deaths.ts";
import { up as eventOrder } from "./0010-event-order.ts";
import { up as idempotencyKeys } from "./0011-idempotency-keys.ts";
import { up as retiredSlots } from "./0012-retired-slots.ts";
import { up as slotDatabases } from "./0013-slot-databases.ts";
import { up as destructiveStatements } from "./0014-destructive-statements.ts";
import { up as resetCopies } from "./0015-reset-copies.ts";
import { up as snapshots } from "./0016-snapshots.ts";

/** Every migration by name, in a map rather than a directory so that it can be bundled. Forward only. */
export const migrations: Record<string, Migration> = {
  "0001-control-tables": { up: controlTables },
  "0002-publish-attempts": { up: publishAttempts },
  "0003-failure-codes": { up: failureCodes },
  "0004-idle-slots": { up: idleSlots },
  "0005-control-plane": { up: controlPlane },
  "0006-reserved-slots": { up: reservedSlots },
  "0007-run-relations": { up: runRelations },
  "0008-worker-deaths": { up: workerDeaths },
  "0010-event-order": { up: eventOrder },
  "0011-idempotency-keys": { up: idempotencyKeys },
  "0012-retired-slots": { up: retiredSlots },
  "0013-slot-databases": { up: slotDatabases },
  "0014-destructive-statements": { up: destructiveStatements },
  "0015-reset-copies": { up: resetCopies },
  "0016-snapshots": { up: snapshots },
};

/** The newest one: what a release's manifest says of the control database it needs. */
export const LAST_MIGRATION = Object.keys(migrations).at(-1) ?? "";
