import { listSlots } from "@oroboros/control-store";
import type { Health } from "@oroboros/slot-contract";
import type { Api, ApiContext } from "../api-context.ts";
import { ANSWER_DEADLINE_MS, within } from "../within.ts";

export function healthRoutes(api: Api, { store, queue }: ApiContext): void {
  const health: Health = { status: "ok", service: "api" };
  api.get("/health", (c) => c.json(health));
  api.get("/api/health", (c) => c.json(health));
  api.get("/health/ready", async (c) => {
    const [postgres, dispatcher] = await Promise.all([answers(listSlots(store)), answers(queue.ping())]);
    const isReady = postgres && dispatcher;
    return c.json({ status: isReady ? "ok" : "unavailable", postgres, dispatcher }, isReady ? 200 : 503);
  });
}

const answers = (asked: Promise<unknown>): Promise<boolean> =>
  within(ANSWER_DEADLINE_MS, asked).then(
    () => true,
    () => false,
  );
