import { expireLeases, findRun, heartbeatRun, listSlots, replacePreview } from "@oroboros/control-store";
import {
  acquireSlotRequestSchema,
  emptyRequestSchema,
  heartbeatRequestSchema,
  LEASE_TTL_SECONDS,
  parseSlotId,
  releaseSlotRequestSchema,
  replaceSlotRequestSchema,
  slotContractView,
  type HeartbeatResponse,
  type ReplaceSlotResponse,
} from "@oroboros/slot-contract";
import { acquireSlot } from "../acquire-slot.ts";
import { change, principalOf } from "../acting.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { etagged, tagOf, withoutRenewals } from "../etagged.ts";
import { parseBody } from "../parse-request.ts";
import { releaseSlot, wakeQueue } from "../release-slot.ts";
import { requireOwnRun } from "../require-own-run.ts";
import { slotView } from "../run-view.ts";

export function slotRoutes(api: Api, context: ApiContext): void {
  readingRoutes(api, context);
  leaseRoutes(api, context);
  operatorRoutes(api, context);
}

function readingRoutes(api: Api, { contract, store }: ApiContext): void {
  api.get("/api/slots", authenticate(store, "viewer"), etagged, async (c) => {
    const slots = (await listSlots(store)).map((slot) => slotView(contract, slot));
    c.header("ETag", tagOf(slots.map((slot) => withoutRenewals(slot, slot.state))));
    return c.json(slots);
  });

  api.get("/api/slots/contract", authenticate(store, "viewer"), (c) => c.json(slotContractView(contract)));
}

function leaseRoutes(api: Api, context: ApiContext): void {
  const { contract, store } = context;

  api.post("/api/slots/acquire", authenticate(store, "agent"), async (c) => {
    const { run_id: runId } = await parseBody(c, acquireSlotRequestSchema);
    if ((await findRun(store, runId)) !== undefined) await requireOwnRun(store, principalOf(c), runId);
    return c.json(await change(context, c, (tx) => acquireSlot(tx, runId)));
  });

  api.post("/api/slots/:slot/heartbeat", authenticate(store, "agent"), async (c) => {
    const slotId = parseSlotId(contract, c.req.param("slot"));
    const { run_id: runId, lease_epoch: leaseEpoch } = await parseBody(c, heartbeatRequestSchema);
    await requireOwnRun(store, principalOf(c), runId);
    // One statement, and nothing that the audit log would name.
    const { reason, expiresAt } = await heartbeatRun(store, {
      slotId,
      runId,
      leaseEpoch,
      ttlSeconds: LEASE_TTL_SECONDS,
    });
    return c.json({
      heartbeat_updated: reason === "updated",
      slot_id: slotId,
      run_id: runId,
      reason,
      expires_at: expiresAt?.toISOString() ?? null,
    } satisfies HeartbeatResponse);
  });

  api.post("/api/slots/:slot/release", authenticate(store, "agent"), async (c) => {
    const slot = parseSlotId(contract, c.req.param("slot"));
    const { run_id: runId, lease_epoch: leaseEpoch } = await parseBody(c, releaseSlotRequestSchema);
    await requireOwnRun(store, principalOf(c), runId);
    return c.json(await releaseSlot(context, c, { slot, runId, leaseEpoch }));
  });
}

function operatorRoutes(api: Api, context: ApiContext): void {
  const { contract, store } = context;

  api.post("/api/slots/reap-expired", authenticate(store, "operator"), async (c) => {
    await parseBody(c, emptyRequestSchema);
    const expired = await change(context, c, expireLeases);
    await wakeQueue(context);
    return c.json({ expired_count: expired.length, expired_slots: expired.map(({ slotId }) => slotId) });
  });

  api.post("/api/slots/:slot/replace", authenticate(store, "operator"), async (c) => {
    const slotId = parseSlotId(contract, c.req.param("slot"));
    const { run_id: runId } = await parseBody(c, replaceSlotRequestSchema);
    const { reason, evictedRunId } = await change(context, c, (tx) => replacePreview(tx, { slotId, runId }));
    if (reason === "replaced") await wakeQueue(context);
    return c.json({
      replaced: reason === "replaced",
      slot_id: slotId,
      run_id: runId,
      evicted_run_id: evictedRunId,
      reason,
    } satisfies ReplaceSlotResponse);
  });
}
