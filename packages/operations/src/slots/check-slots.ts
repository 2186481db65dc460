import { listSlots } from "@oroboros/control-store";
import { httpProbe } from "@oroboros/health-probe";
import { backendPort, frontendPort, loopbackUrl, slotIds, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

const CHECK_TIMEOUT_MS = 5_000;

type CheckContext = Pick<Context, "contract" | "store" | "fetch">;
type SlotState = "idle" | "held" | "unknown";

export interface SlotsReport {
  ok: boolean;
  /** Why the control database can not say which slots are held; null where it does. */
  control_database: string | null;
  slots: {
    slot_id: SlotId;
    state: SlotState;
    checks: { name: string; url: string; healthy: boolean; detail: string }[];
  }[];
}

/**
 * Asks every slot's surface, backend and proxied backend for their health, all at once; those of an idle slot are the release's
 * own. It answers while the control database is down as well.
 */
export async function checkSlots(context: CheckContext): Promise<SlotsReport> {
  const { stateOf, problem } = await observeSlots(context);
  const slots = await Promise.all(slotIds(context.contract).map((slot) => checkSlot(context, slot, stateOf(slot))));
  const ok = problem === null && slots.every(({ checks }) => checks.every(({ healthy }) => healthy));
  return { ok, control_database: problem, slots };
}

async function observeSlots({
  store,
}: CheckContext): Promise<{ stateOf: (slot: SlotId) => SlotState; problem: string | null }> {
  try {
    const leases = await listSlots(store);
    const held = new Set(leases.filter(({ runId }) => runId !== null).map(({ slotId }) => slotId));
    return { stateOf: (slot) => (held.has(slot) ? "held" : "idle"), problem: null };
  } catch (error) {
    return { stateOf: () => "unknown", problem: error instanceof Error ? error.message : String(error) };
  }
}

async function checkSlot(context: CheckContext, slot: SlotId, state: SlotState): Promise<SlotsReport["slots"][number]> {
  const surface = loopbackUrl(frontendPort(context.contract, slot));
  const backend = loopbackUrl(backendPort(context.contract, slot));
  const targets = {
    surface: `${surface}/health`,
    backend: `${backend}/health`,
    api: `${surface}/api/health`,
  };
  const checks = Object.entries(targets).map(async ([name, url]) => {
    const probe = httpProbe({ name, url, fetch: context.fetch });
    const { healthy, detail } = await probe.check(AbortSignal.timeout(CHECK_TIMEOUT_MS));
    return { name, url, healthy, detail };
  });
  return { slot_id: slot, state, checks: await Promise.all(checks) };
}
