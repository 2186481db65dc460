import type { LeaseEpoch } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../test/use-control-store.ts";
import { acquireMaintenanceLease } from "./leases/acquire-maintenance-lease.ts";
import { renewLease } from "./leases/renew-lease.ts";

const { db, slots } = useControlStore({ slotCount: 2 });
const [slot, otherSlot] = slots as [(typeof slots)[0], (typeof slots)[0]];

const preparedOn = async (connection: typeof db): Promise<unknown> =>
  (await sql`select name, generic_plans + custom_plans as executed from pg_prepared_statements`.execute(connection))
    .rows;

test("a connection prepares the renewal of leases once, and no other statement", async () => {
  const lease = await acquireMaintenanceLease(db, slot, 60);
  if (lease === undefined) throw new Error("the slot was not free");
  await db.connection().execute(async (connection) => {
    for (let renewal = 0; renewal < 8; renewal += 1) expect(await renewLease(connection, lease, 60)).toBe(true);
    expect(await renewLease(connection, { ...lease, leaseEpoch: "9" as LeaseEpoch }, 60)).toBe(false);
    expect(await renewLease(connection, { ...lease, slotId: otherSlot }, 60)).toBe(false);
    expect(await preparedOn(connection)).toEqual([{ name: "renew_lease", executed: "10" }]);
  });
});
