import { type RuntimeContract } from "@oroboros/slot-contract";
import { targetUnit } from "@oroboros/slot-contract/host";
import type { NamedUnit, ServiceSection } from "../unit-file.ts";

/** A process of ours that serves until it is told to end: it says when it is ready, and that it is alive. */
export const SERVING = {
  Type: "notify",
  // Node has no datagram sockets: systemd-notify, its child, tells for it.
  NotifyAccess: "all",
  WatchdogSec: 10,
  TimeoutStartSec: 60,
  // Its drain ends after ten seconds.
  TimeoutStopSec: 15,
  Restart: "always",
  RestartSec: 0.5,
} satisfies ServiceSection;

/** The socket outlives the service, so that a restart refuses nobody. */
export function socketUnit(
  contract: RuntimeContract,
  { name, description, port }: { name: string; description: string; port: number },
): NamedUnit {
  return {
    name,
    unit: {
      Unit: { Description: description, PartOf: targetUnit(contract) },
      // Without a limit: a socket that has hit it stays closed, although the service may be well again.
      Socket: { ListenStream: `127.0.0.1:${port}`, TriggerLimitIntervalSec: 0 },
    },
  };
}
