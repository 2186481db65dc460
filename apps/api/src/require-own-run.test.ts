import { listEvents } from "@oroboros/control-store";
import { expect, test } from "vitest";
import { aLiveRun, useApi, type Answer } from "./testing/use-api.ts";

const api = useApi();

test("an agent publishes no run that it did not create, an operator does", async () => {
  const { run } = await aLiveRun(api.store);
  const publish = (as: "agent" | "operator"): Promise<Answer> =>
    api.call(`/api/runs/${run.runId}/publish`, { method: "POST", body: {}, as });
  const isAsked = async (): Promise<boolean> =>
    (await listEvents(api.store, { runId: run.runId, sinceId: "0", limit: 100 })).some(
      ({ eventType }) => eventType === "publish_requested",
    );
  expect(await publish("agent")).toMatchObject({ status: 403, body: { code: "role_required" } });
  expect(await isAsked()).toBe(false);
  expect((await publish("operator")).status).toBe(202);
  expect(await isAsked()).toBe(true);
});
