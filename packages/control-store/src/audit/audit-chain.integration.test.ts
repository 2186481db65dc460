import { setTimeout as delay } from "node:timers/promises";
import { rounds } from "@oroboros/test-support";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { appendEvents } from "../events/append-event.ts";
import { listEvents } from "../events/list-events.ts";
import { verifyAudit } from "./verify-audit.ts";

const WRITERS = 12;
const TRANSACTIONS = rounds(500);

const control = useControlStore({ slotCount: 3 });
const { db } = control;

test("twelve writers at once leave one chain, no deadlock, and events that no reader misses", async () => {
  const runs = await Promise.all(control.slots.map((slot) => control.queueRun(slot)));
  const ids = runs.map(({ runId }) => runId);
  let writing = true;
  const seen = ids.map((): string[] => []);
  const readers = ids.map(async (runId, index) => {
    const mine = seen[index] as string[];
    for (let last = false; ;) {
      const events = await listEvents(db, { runId, sinceId: mine.at(-1) ?? "0", limit: 50 });
      mine.push(...events.map(({ eventId }) => eventId));
      if (events.length === 0 && last) return;
      last = !writing;
    }
  });
  const outcomes = await Promise.allSettled(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  writing = false;
  await Promise.all(readers);
  expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
  const { rows } = await sql<{ events: number; chained: number }>`
    select (select count(*)::int from run_events) as events, (select count(*)::int from audit_log) as chained`.execute(
    db,
  );
  expect(await verifyAudit(db)).toMatchObject({ ok: true, rows: rows[0]?.chained });
  expect(seen.flat()).toHaveLength(rows[0]?.events ?? 0);

  async function write(writer: number): Promise<void> {
    for (let round = 0; round < TRANSACTIONS; round += 1) {
      // Every writer locks runs and slots in an order of its own only where others do so too; events and audit rows as they come.
      const [first, second] = [ids[(writer + round) % 3], ids[(writer + 2 * round) % 3]] as const;
      await db.transaction().execute(async (tx) => {
        await appendEvents(tx, [
          { runId: first!, eventType: "step_started", detail: { writer, round } },
          { runId: second!, eventType: "lease_extended", detail: { writer, round } },
        ]);
        if (round % 3 === 0) await delay(Math.random() * 5);
        await sql`insert into audit_log (action, detail) values ('token_created', '{}')`.execute(tx);
        if (round % 7 === 0) await sql`savepoint s`.execute(tx);
        await appendEvents(tx, [{ runId: second!, eventType: "step_finished", detail: { writer, round } }]);
        if (round % 7 === 0) await sql`rollback to savepoint s`.execute(tx);
      });
    }
  }
});
