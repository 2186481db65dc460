import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { provisionedServer, query, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import { openHoldingSlot } from "./slot-databases.ts";

const [slot] = SLOTS;

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
});
afterAll(() => machine?.stop());

/** When the session that holds the slot was last heard of. */
const heardAt = async (): Promise<string | undefined> => {
  const holder = `select state_change::text as at from pg_stat_activity join pg_locks using (pid)
    where locktype = 'advisory'`;
  return (await query<{ at: string }>(machine.superuserUrl(), holder))[0]?.at;
};

test("a session that has nothing to do gives signs of its process's life, without which it would be ended", async () => {
  await using holder = await openHoldingSlot(machine.permit(slot), machine.server);
  expect(holder).toBeDefined();
  const first = await heardAt();
  expect(first).toBeDefined();
  await eventually(async () => ![first, undefined].includes(await heardAt()), { deadlineMs: 60_000 });
});
