import { diskRoom, within, type DiskRoom } from "@oroboros/host/read-only";
import { listSlots } from "@oroboros/control-store";
import type { Health, Readiness } from "@oroboros/slot-contract";
import type { Api, ApiContext } from "../api-context.ts";
import { ANSWER_DEADLINE_MS } from "../answer-deadline.ts";

const ENOUGH_BYTES = 512 * 1_048_576;
const ENOUGH_SHARE = 0.02;

export function healthRoutes(api: Api, { contract, store, queue, ...context }: ApiContext): void {
  const health: Health = { status: "ok", service: "api" };
  const roomOf = context.diskRoom ?? diskRoom;
  api.get("/health", (c) => c.json(health));
  api.get("/api/health", (c) => c.json(health));
  api.get("/health/ready", async (c) => {
    const [postgres, dispatcher, disk] = await Promise.all([
      holds(listSlots(store)),
      holds(queue.ping()),
      holds(roomOf(contract.root), hasRoom),
    ]);
    const isReady = postgres && dispatcher && disk;
    const readiness: Readiness = { status: isReady ? "ok" : "unavailable", postgres, dispatcher, disk };
    return c.json(readiness, isReady ? 200 : 503);
  });
}

/** On a small disk a share of it is enough. */
const hasRoom = ({ freeBytes, totalBytes }: DiskRoom): boolean =>
  freeBytes >= ENOUGH_BYTES || freeBytes >= ENOUGH_SHARE * totalBytes;

/** Whether there is an answer in time, and it is a good one. */
const holds = <T>(asked: Promise<T>, isGood: (answer: T) => boolean = () => true): Promise<boolean> =>
  within(ANSWER_DEADLINE_MS, asked).then(isGood, () => false);
