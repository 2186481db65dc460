import {
  createToken,
  migrateControlStore,
  openControlStore,
  provisionSlots,
  watchEvents,
} from "@oroboros/control-store";
import { hashToken } from "@oroboros/host/read-only";
import { installQueueSchema, openRunQueue, queueTransport } from "@oroboros/run-queue";
import type { Logger } from "@oroboros/service-kit";
import { apiPort, defineContract, loopbackUrl, slotIds, type RuntimeContract } from "@oroboros/slot-contract";
import type { SlotEnv } from "@oroboros/slot-contract/backend";
import { createApi } from "../create-api.ts";

export interface PreviewedControlPlane {
  answer(request: Request): Promise<Response>;
  close(): Promise<void>;
}

/**
 * A control plane of the slot's own, for looking at: its tables and its queue lie in the slot's database, made there by the slot's
 * role, and go with it. No worker takes its runs, so it acts on nothing.
 */
export async function openControlPlane(
  slot: SlotEnv,
  log: Logger,
  closing: AbortSignal,
): Promise<PreviewedControlPlane> {
  const { databaseUrl } = slot;
  const contract = previewedContract(slot);
  const onError = (error: unknown): void => log.warn({ err: error }, "a connection to the slot's database was lost");
  const control = openControlStore({ databaseUrl, maxConnections: 2, onError });
  await migrateControlStore(control.db);
  await provisionSlots(control.db, slotIds(contract));
  await installQueueSchema(databaseUrl, []);
  const token = `oro_${crypto.randomUUID()}`;
  await createToken(control.db, { label: "preview", role: "operator", hash: hashToken(token) });
  const queue = openRunQueue(queueTransport({ DATABASE_URL: databaseUrl }), { onError });
  const events = watchEvents({ databaseUrl, onError });
  const api = createApi({ contract, store: control.db, queue, events, closing, log });
  log.info({ url: `${loopbackUrl(slot.port)}/#token=${token}` }, "the operator's page of this preview");
  return {
    answer: async (request) => api.fetch(request),
    close: async () => {
      await events.close();
      await queue.close();
      await control.close();
    },
  };
}

/** The installation that this preview would be if it were one: its api listens where the slot's backend does. */
function previewedContract({ port, worktreePath }: SlotEnv): RuntimeContract {
  return defineContract({ root: worktreePath, portOffset: port - apiPort({ portOffset: 0 }) });
}
