import { portListener } from "@oroboros/host";
import { OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import { installationPorts } from "./embedded-installation.ts";
import { otherOffset } from "./other-offset.ts";

/**
 * Refuses to start where somebody listens on one of the installation's ports. One that is resumed can not move to others.
 *
 * @throws OperatorError `port_taken`, naming each port, its service and who holds it.
 */
export function refuseTakenPorts(contract: RuntimeContract, { resumed }: { resumed: boolean }): void {
  const taken = installationPorts(contract).flatMap(({ service, port }) => {
    const listener = portListener(port);
    return listener === undefined ? [] : [`${port} (${service}) by ${listener.command} with pid ${listener.pid}`];
  });
  if (taken.length === 0) return;
  throw new OperatorError("port_taken", `Ports are taken: ${taken.join(", ")}.`, {
    hint: resumed
      ? `Stop what holds them, or start another installation with: oroboros runtime up --port-offset ${otherOffset(contract)}`
      : `Stop what holds them, or move every port with: --port-offset ${otherOffset(contract)}`,
  });
}
