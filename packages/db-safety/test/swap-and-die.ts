import { CONTROL_DATABASE, slotDatabase, type LeaseEpoch } from "@oroboros/slot-contract";
import { Kysely, PostgresDialect } from "kysely";
import { Pool } from "pg";
import { judgeSlotDatabase, resetSlotDatabase, restoreKeptDatabase, slotServer } from "../src/index.ts";
import type { WithLeaseHeld } from "../src/with-lease-held.ts";
import { KEY, RUN, SLOTS } from "./provisioned-server.ts";

// A process of its own, which is gone between the swap and the commit: node swap-and-die.ts keep|restore <worker's URL>
const [what, workerUrl = ""] = process.argv.slice(2);
const [slot] = SLOTS;
const server = slotServer(workerUrl);
const permit = judgeSlotDatabase({ slot, claimedUrl: workerUrl.replace(CONTROL_DATABASE, slotDatabase(slot)), server });
const leaseEpoch = "7" as LeaseEpoch;
const control = new Kysely<unknown>({
  dialect: new PostgresDialect({ pool: new Pool({ connectionString: workerUrl }) }),
});

const thenDie = <Result>(...[act]: Parameters<WithLeaseHeld<Result>>): Promise<Result> =>
  control.transaction().execute(async (tx) => {
    const result = await act(tx);
    process.kill(process.pid, "SIGKILL");
    return result;
  });

if (what === "restore")
  await restoreKeptDatabase(permit, { server, leaseEpoch, slotPasswordKey: KEY, withLeaseHeld: thenDie });
else {
  await resetSlotDatabase(permit, {
    server,
    source: { migrations: [{ name: "0001_notes.sql", sql: "create table notes (body text);" }], seed: null },
    marker: { runId: RUN, leaseEpoch },
    slotPasswordKey: KEY,
    keepOld: true,
    withLeaseHeld: thenDie,
  });
}
