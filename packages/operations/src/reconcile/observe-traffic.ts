import { listSlots, noteTraffic } from "@oroboros/control-store";
import { frontendPort, IDLE_SECONDS_HEADER, loopbackUrl, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

const TIMEOUT_MS = 2_000;

/** Asks the surface of every slot that a run holds when it was last looked at, and notes that. One that does not answer says nothing. */
export async function observeTraffic(context: Pick<Context, "contract" | "store" | "fetch" | "clock">): Promise<void> {
  const held = (await listSlots(context.store)).filter(({ runId }) => runId !== null);
  await Promise.all(held.map(({ slotId }) => observeSlot(context, slotId)));
}

async function observeSlot(
  context: Pick<Context, "contract" | "store" | "fetch" | "clock">,
  slot: SlotId,
): Promise<void> {
  const idleSeconds = await askSurface(context, slot).catch(() => undefined);
  if (idleSeconds === undefined) return;
  await noteTraffic(context.store, slot, new Date(context.clock.today().getTime() - idleSeconds * 1_000));
}

async function askSurface(
  { contract, fetch }: Pick<Context, "contract" | "fetch">,
  slot: SlotId,
): Promise<number | undefined> {
  const url = `${loopbackUrl(frontendPort(contract, slot))}/health`;
  const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.body?.cancel();
  const said = response.headers.get(IDLE_SECONDS_HEADER);
  return response.status === 200 && said !== null && /^[0-9]{1,9}$/.test(said) ? Number(said) : undefined;
}
