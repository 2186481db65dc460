import type { Listener } from "../host/ports.ts";
import { wrong, type DoctorFinding } from "./doctor-report.ts";

/** A port of the contract on which somebody else listens than its unit, or systemd for it. */
export const judgePorts = (listeners: readonly Listener[]): DoctorFinding[] =>
  listeners.flatMap(({ port, unit, pid, command, listensAs }) => {
    if (pid === 1 || listensAs === unit) return [];
    const who = `${command || "a process"} (pid ${pid ?? "unknown"}${listensAs === undefined ? "" : `, of ${listensAs}`})`;
    const stop =
      listensAs?.endsWith(".service") === true ? `systemctl disable --now ${listensAs}` : `kill ${pid ?? "<pid>"}`;
    return [
      wrong({
        code: "port_foreign",
        subject: String(port),
        message: `Port ${port} belongs to ${unit}, and ${who} listens on it.`,
        hint: `Stop it, as with: ${stop}`,
      }),
    ];
  });
