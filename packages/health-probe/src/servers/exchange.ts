import { describeFailure, unhealthy, type ProbeAnswer } from "../probe.ts";

/** What a probe needs of a socket. */
export interface Wire {
  on(event: "connect" | "close", listener: () => void): unknown;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  write(bytes: Uint8Array): unknown;
  destroy(): unknown;
}

/** Opens a TCP connection; `net.connect` fits. */
export type Connect = (port: number, host: string) => Wire;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** More than any answer that a probe understands. */
const MAX_BYTES = 65_536;

/**
 * Sends one request over a connection of its own and reads until `read` knows what the answer means; `isWhole` where no more comes.
 * A server that sends more than 64 KiB is cut off there.
 */
export function exchange(
  ask: Address & {
    /** How answers call what is asked; its address where nothing is said. */
    target?: string;
    connect: Connect;
    send: Uint8Array;
    read: (received: Uint8Array, isWhole: boolean) => ProbeAnswer | undefined;
  },
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const at = ask.target ?? `${ask.host}:${ask.port}`;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(unhealthy(`${at} was not asked`));
    const wire = ask.connect(ask.port, ask.host);
    let received = new Uint8Array();
    let isConnected = false;
    const finish = (answer: ProbeAnswer): void => {
      signal.removeEventListener("abort", abort);
      wire.destroy();
      resolve(answer);
    };
    const abort = (): void =>
      finish(unhealthy(isConnected ? `${at} did not answer in time` : `${at} did not accept in time`));
    const look = (isWhole: boolean): void => {
      const answer = ask.read(received, isWhole || received.length >= MAX_BYTES);
      if (answer !== undefined) finish(answer);
      else if (isWhole) finish(unhealthy(`${at} closed the connection without an answer`));
    };
    signal.addEventListener("abort", abort);
    wire.on("connect", () => {
      isConnected = true;
      wire.write(ask.send);
    });
    wire.on("data", (chunk) => {
      received = joined(received, chunk.subarray(0, MAX_BYTES - received.length));
      look(false);
    });
    wire.on("close", () => look(true));
    wire.on("error", (error) =>
      finish(unhealthy(`${at} ${isConnected ? "broke off" : "refused"}: ${describeFailure(error)}`)),
    );
  });
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}
