import type { Server } from "node:http";
import { installLightFetch, type Logger } from "@oroboros/service-kit";
import { apiPort, type Environment } from "@oroboros/slot-contract";
import { readSlotEnv } from "@oroboros/slot-contract/backend";
import { readApiEnvironment, type ServingMode } from "./env.ts";

export interface OpenedServer {
  server: Server;
  port: number;
  /** How long an idle connection is kept when the api ends: a request may already be on its way. */
  lingerMs: number;
  close(): Promise<void>;
}

const LINGER_MS = 2_000;

/** The server of a mode, which does not listen yet. What another mode needs is never loaded. */
export async function openServer(
  mode: ServingMode,
  environment: Environment,
  { log, closing }: { log: Logger; closing: AbortSignal },
): Promise<OpenedServer> {
  // Before anything is loaded that makes a class of these its parent.
  installLightFetch();
  switch (mode) {
    case "control-plane": {
      const { startApi } = await import("./start-api.ts");
      const { contract, ...api } = startApi(readApiEnvironment(environment), log, closing);
      return { ...api, port: apiPort(contract), lingerMs: LINGER_MS };
    }
    case "slot-backend": {
      const slot = readSlotEnv(environment);
      const { serveSlot } = await import("./slot-mode/serve-slot.ts");
      // A run waits for the slot: the surface asks again.
      return { ...serveSlot(slot, log), port: slot.port, lingerMs: 0 };
    }
    case "slot-backend-and-control-plane": {
      const slot = readSlotEnv(environment);
      const { openControlPlane } = await import("./slot-mode/serve-control.ts");
      const { serveSlot } = await import("./slot-mode/serve-slot.ts");
      const control = await openControlPlane(slot, log, closing);
      const { server, close } = serveSlot(slot, log, control.answer);
      return {
        server,
        port: slot.port,
        lingerMs: 0,
        close: async () => {
          await close();
          await control.close();
        },
      };
    }
    default:
      return mode satisfies never;
  }
}
