import type { Clock } from "@oroboros/operations";
import type { Environment } from "@oroboros/slot-contract";

export interface OutputStream {
  write(text: string): void;
  isTerminal: boolean;
}

/** Everything outside of the command line that a command touches. */
export interface World {
  environment: Environment;
  fetch: typeof fetch;
  clock: Clock;
  stdout: OutputStream;
  stderr: OutputStream;
  user: { uid: number };
  /** The Node that runs this command. */
  nodePath: string;
  architecture: "x64" | "arm64";
  /** Calls `act` instead of dying on the first SIGINT, SIGTERM or SIGHUP; the function returned calls that off. */
  onInterrupt(act: () => void): () => void;
}
