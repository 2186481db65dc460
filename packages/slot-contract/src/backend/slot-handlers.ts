import * as z from "zod";
import type { SlotEnv } from "../env/slot-backend.ts";
import { COMMIT_HEADER, RUNTIME_SCHEMA, SLOT_HEADER } from "../names.ts";
import { runIdSchema } from "../run-id.ts";
import { MAX_SLOTS } from "../slot-id.ts";
import { parseSlotId } from "../slot-id.ts";

/** Runs one statement on the slot's own database; a `pg` Pool's `query` fits. */
export type Query = (text: string, values: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;

export type SlotHandlers = (request: Request) => Promise<Response | undefined>;

const heartbeatRequestSchema = z.object({ run_id: runIdSchema });

/**
 * The endpoints a previewed backend answers for the runtime: `GET /health`, `GET /api/health`, `GET /api/slots` and
 * `POST /api/slots/:slot/heartbeat`. Resolves to undefined for any other request, which is then the application's own.
 *
 * The slot's state lives in schema `oroboros` of its own database. It is the application's own claim: the runtime trusts it
 * for the smoke check and for nothing else.
 */
export function createSlotHandlers(slot: SlotEnv, query: Query): SlotHandlers {
  const reply = (status: number, body: unknown): Response =>
    Response.json(body, { status, headers: { [SLOT_HEADER]: slot.slotId, [COMMIT_HEADER]: slot.commitSha } });

  return async (request) => {
    const route = `${request.method} ${new URL(request.url).pathname}`;
    if (route === "GET /health" || route === "GET /api/health") {
      return reply(200, { status: "ok", service: "slot-backend", slot_id: slot.slotId, commit_sha: slot.commitSha });
    }
    if (route === "GET /api/slots") return reply(200, [await readLease(query)]);
    const heartbeat = /^POST \/api\/slots\/([^/]+)\/heartbeat$/.exec(route);
    if (heartbeat === null) return undefined;
    if (!isOwnSlot(heartbeat[1], slot))
      return reply(404, { code: "invalid_slot", message: "This backend serves another slot." });
    const body = heartbeatRequestSchema.safeParse(await readJson(request));
    if (!body.success) return reply(400, { code: "invalid_request", message: 'Send {"run_id": "..."}.' });
    return reply(200, await recordHeartbeat(query, slot, body.data.run_id));
  };
}

async function readLease(query: Query): Promise<unknown> {
  const { rows } = await query(
    `select slot_id, run_id, lease_epoch::text as lease_epoch, heartbeat_at from ${RUNTIME_SCHEMA}.slot_lease`,
    [],
  );
  return rows[0] ?? null;
}

async function recordHeartbeat(query: Query, slot: SlotEnv, runId: string): Promise<unknown> {
  const { rows } = await query(
    `update ${RUNTIME_SCHEMA}.slot_lease set heartbeat_at = clock_timestamp() where run_id = $1 returning run_id`,
    [runId],
  );
  const updated = rows.length > 0;
  return {
    heartbeat_updated: updated,
    slot_id: slot.slotId,
    run_id: runId,
    reason: updated ? "updated" : "held_by_other_run",
  };
}

function isOwnSlot(name: string | undefined, slot: SlotEnv): boolean {
  try {
    return parseSlotId({ slotCount: MAX_SLOTS }, name) === slot.slotId;
  } catch {
    return false;
  }
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return undefined;
  }
}
