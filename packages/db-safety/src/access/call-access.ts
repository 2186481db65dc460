import {
  CONTROL_DATABASE,
  OperatorError,
  SLOT_ACCESS_SCHEMA,
  slotDatabase,
  slotNumber,
  type LeaseEpoch,
  type SlotId,
} from "@oroboros/slot-contract";
import { sql, type QueryExecutorProvider, type RawBuilder } from "kysely";
import { DatabaseError } from "pg";
import { refuse } from "../live-identity.ts";
import type { Session } from "../session.ts";
import { FOREIGN_DATABASE, STALE_GRANT } from "./access-function.ts";

/** On whose lease a function of {@link SLOT_ACCESS_SCHEMA} acts. */
export type Grant = Readonly<{ slot: SlotId; leaseEpoch: LeaseEpoch }>;

/** The call of a function that checks the grant itself. */
export function accessCall<Value>(
  name: string,
  { slot, leaseEpoch }: Grant,
  ...more: unknown[]
): RawBuilder<{ value: Value }> {
  const values = [slotNumber(slot), leaseEpoch, ...more].map((value) => sql`${value}`);
  return sql`select ${sql.id(SLOT_ACCESS_SCHEMA, name)}(${sql.join(values)}) as value`;
}

/**
 * Calls it in a transaction of the caller, of whose connection nobody has asked which server it leads to: on another one than
 * `systemIdentifier` names, nothing is called.
 *
 * @throws OperatorError `stale_lease` or `identity_mismatch`.
 */
export async function callAccess<Value>(
  tx: QueryExecutorProvider,
  { systemIdentifier }: Pick<Session, "systemIdentifier">,
  name: string,
  grant: Grant,
  ...more: unknown[]
): Promise<Value> {
  try {
    const { rows } = await sql<{ value: Value }>`${accessCall<Value>(name, grant, ...more)}
      where (select system_identifier::text from pg_catalog.pg_control_system()) = ${systemIdentifier}`.execute(tx);
    if (rows[0] !== undefined) return rows[0].value;
    throw refuse("identity_mismatch", { database: CONTROL_DATABASE }, "the lease's transaction is on another server");
  } catch (error) {
    if (error instanceof DatabaseError && error.code === FOREIGN_DATABASE) {
      throw refuse("identity_mismatch", { database: slotDatabase(grant.slot) }, "the last reset has made another one");
    }
    throw staleGrant(error, grant) ?? error;
  }
}

/** The same for a call by a session of ours, whose errors are other ones. */
export function staleGrant(error: unknown, { slot, leaseEpoch }: Grant): OperatorError | undefined {
  if (!(error instanceof DatabaseError) || error.code !== STALE_GRANT) return undefined;
  return new OperatorError("stale_lease", `Lease ${leaseEpoch} of ${slot} is no longer held.`, {
    hint: "See who holds the slot with: oroboros slots list",
    cause: error,
  });
}
