import { httpProbe, type ProbeAnswer } from "@oroboros/health-probe";
import { backendPort, frontendPort, loopbackUrl, slotIds, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

const CHECK_TIMEOUT_MS = 5_000;

export interface SlotsReport {
  ok: boolean;
  slots: { slot_id: SlotId; checks: { name: string; url: string; healthy: boolean; detail: string }[] }[];
}

/** Asks every slot's surface, backend and proxied backend for their health, all at once. */
export async function checkSlots(context: Pick<Context, "contract" | "fetch">): Promise<SlotsReport> {
  const slots = await Promise.all(slotIds(context.contract).map((slot) => checkSlot(context, slot)));
  return { ok: slots.every(({ checks }) => checks.every(({ healthy }) => healthy)), slots };
}

async function checkSlot(
  context: Pick<Context, "contract" | "fetch">,
  slot: SlotId,
): Promise<SlotsReport["slots"][number]> {
  const surface = loopbackUrl(frontendPort(context.contract, slot));
  const targets = {
    surface: `${surface}/health`,
    backend: `${loopbackUrl(backendPort(context.contract, slot))}/health`,
    api: `${surface}/api/health`,
  };
  const checks = Object.entries(targets).map(async ([name, url]) => {
    const answer: ProbeAnswer = await httpProbe({ name, url, fetch: context.fetch }).check(
      AbortSignal.timeout(CHECK_TIMEOUT_MS),
    );
    return { name, url, healthy: answer.healthy, detail: answer.detail };
  });
  return { slot_id: slot, checks: await Promise.all(checks) };
}
