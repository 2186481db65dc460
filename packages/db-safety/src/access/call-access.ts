import { OperatorError, SLOT_ACCESS_SCHEMA, slotNumber, type LeaseEpoch, type SlotId } from "@oroboros/slot-contract";
import { sql, type QueryExecutorProvider, type RawBuilder } from "kysely";
import { DatabaseError } from "pg";
import { STALE_GRANT } from "./access-function.ts";

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

/** @throws OperatorError `stale_lease`. */
export async function callAccess<Value>(
  tx: QueryExecutorProvider,
  name: string,
  grant: Grant,
  ...more: unknown[]
): Promise<Value> {
  try {
    const { rows } = await accessCall<Value>(name, grant, ...more).execute(tx);
    return rows[0]?.value as Value;
  } catch (error) {
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
