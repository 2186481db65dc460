import { backendPort, OperatorError } from "@oroboros/slot-contract";
import { type PortListener, portListener } from "../port-listener.ts";
import { systemClock } from "../system-clock.ts";
import type { SlotPlace } from "./backend-job.ts";

const PORT_FREE_DEADLINE_MS = 5_000;
const POLL_MS = 10;

/**
 * Waits for the port of a slot's backend to be free. What anybody else has is not ours to touch.
 *
 * @param ending.isLeftover whether the listener is one of the slot's own processes, whose end is worth waiting for.
 * @throws OperatorError `port_taken`.
 */
export async function claimPort(
  { contract, slot }: SlotPlace,
  { isLeftover, end }: { isLeftover: (holder: PortListener) => boolean; end: (holder: PortListener) => Promise<void> },
): Promise<void> {
  const port = backendPort(contract, slot);
  const deadline = systemClock.now() + PORT_FREE_DEADLINE_MS;
  for (;;) {
    const holder = portListener(port);
    if (holder === undefined) return;
    const isOurs = isLeftover(holder);
    if (isOurs) await end(holder);
    if (!isOurs || systemClock.now() > deadline) throw portTaken(slot, port, holder);
    await systemClock.sleep(POLL_MS);
  }
}

function portTaken(slot: string, port: number, { pid, command }: PortListener): OperatorError {
  return new OperatorError(
    "port_taken",
    `Port ${port} of ${slot} is taken by process ${pid ?? "unknown"} (${command}).`,
    {
      hint: pid === null ? `Find it with: ss -ltnp 'sport = :${port}'` : `Stop it, for example with: kill ${pid}`,
    },
  );
}
