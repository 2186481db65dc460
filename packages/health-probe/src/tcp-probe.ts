import { describeFailure, healthy, unhealthy, type Probe, type ProbeAnswer } from "./probe.ts";

/** What the probe needs of a socket. */
interface Connection {
  once(event: "connect", listener: () => void): unknown;
  once(event: "error", listener: (error: Error) => void): unknown;
  destroy(): unknown;
}

/** Content as soon as something accepts the connection, which it closes at once. `net.connect` fits `connect`. */
export function tcpProbe(probe: {
  name: string;
  host: string;
  port: number;
  connect: (port: number, host: string) => Connection;
}): Probe {
  const target = `${probe.host}:${probe.port}`;
  const check = (signal: AbortSignal): Promise<ProbeAnswer> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve(unhealthy(`${target} was not asked`));
      const connection = probe.connect(probe.port, probe.host);
      const abort = (): void => finish(unhealthy(`${target} did not accept in time`));
      const finish = (answer: ProbeAnswer): void => {
        signal.removeEventListener("abort", abort);
        connection.destroy();
        resolve(answer);
      };
      signal.addEventListener("abort", abort);
      connection.once("connect", () => finish(healthy(`${target} accepts connections`)));
      connection.once("error", (error) => finish(unhealthy(`${target} refused: ${describeFailure(error)}`)));
    });
  return { name: probe.name, check };
}
