import { listSlots } from "@oroboros/control-store";
import { parseSlotId, releaseSlotRequestSchema, slotContractView } from "@oroboros/slot-contract";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { parseBody } from "../parse-request.ts";
import { releaseSlot } from "../release-slot.ts";
import { slotView } from "../run-view.ts";

export function slotRoutes(api: Api, context: ApiContext): void {
  const { contract, store } = context;

  api.get("/api/slots", authenticate(store, "viewer"), async (c) =>
    c.json((await listSlots(store)).map((slot) => slotView(contract, slot))),
  );

  api.get("/api/slots/contract", authenticate(store, "viewer"), (c) => c.json(slotContractView(contract)));

  api.post("/api/slots/:slot/release", authenticate(store, "operator"), async (c) => {
    const slot = parseSlotId(contract, c.req.param("slot"));
    const { run_id: runId } = await parseBody(c, releaseSlotRequestSchema);
    return c.json(await releaseSlot(context, slot, runId));
  });
}
