import { killProcesses, type PortListener, portListener, systemClock } from "@oroboros/host";
import { OperatorError } from "@oroboros/slot-contract";
import type { SlotDeps } from "./slot.ts";

const KILL_DEADLINE_MS = 5_000;
const PORT_FREE_DEADLINE_MS = 5_000;
const POLL_MS = 10;

/** Waits for the port to be free; what the slot's own user left on it is removed, what anybody else has is not ours to touch. */
export async function claimPort({ slot, users }: SlotDeps, port: number): Promise<void> {
  const deadline = systemClock.now() + PORT_FREE_DEADLINE_MS;
  for (;;) {
    const holder = portListener(port);
    if (holder === undefined) return;
    const isLeftover = users.isolated && holder.uid === users.slot(slot).uid;
    if (isLeftover) await killProcesses(({ pid }) => pid === holder.pid, KILL_DEADLINE_MS);
    if (!isLeftover || systemClock.now() > deadline) throw portTaken(slot, port, holder);
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
