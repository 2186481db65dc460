import { OperatorError, type SlotId } from "@oroboros/slot-contract";
import type { StepOf } from "../publish-plan.ts";
import type { StepContext } from "../step-context.ts";

const REQUEST_TIMEOUT_MS = 5_000;

/** The documents' integration check: the backend takes a heartbeat for this run and reads it back, and the smoke routes answer. */
export async function smoke(step: StepContext, plan: StepOf<"smoke">): Promise<void> {
  const { runId, lease, log } = step;
  const slot = lease.slotId;
  const heartbeat = await request(step, `${plan.backendUrl}/api/slots/${slot}/heartbeat`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ run_id: runId }),
  });
  const slots = await request(step, `${plan.backendUrl}/api/slots`, {});
  const routes = await Promise.all(plan.routeUrls.map(async (url) => ({ url, ...(await request(step, url, {})) })));
  const failures = [
    ...(isAccepted(heartbeat.body)
      ? []
      : [`the heartbeat answered ${heartbeat.status} ${heartbeat.text.slice(0, 200)}`]),
    ...(readsBack(slots.body, slot, runId)
      ? []
      : [`GET /api/slots answered ${slots.status} ${slots.text.slice(0, 200)}`]),
    ...routes.filter(({ status }) => status !== 200).map(({ url, status }) => `${url} answered ${status}`),
  ];
  log.write({
    event: "smoke",
    slot_id: slot,
    run_id: runId,
    heartbeat: heartbeat.body,
    slots: slots.body,
    routes: routes.map(({ url, status }) => ({ url, status })),
    failures,
  });
  if (failures.length === 0) return;
  throw new OperatorError("step_failed", `The smoke check of ${slot} failed: ${failures.join("; ")}.`, {
    hint: "Check that the backend mounts createSlotHandlers from @oroboros/slot-contract/backend and that the routes answer.",
  });
}

async function request(
  step: StepContext,
  url: string,
  init: RequestInit,
): Promise<{ status: number; text: string; body: unknown }> {
  const response = await step.context.fetch(url, {
    ...init,
    redirect: "manual",
    signal: AbortSignal.any([step.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  const text = await response.text();
  return { status: response.status, text, body: parseJson(text) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isAccepted = (body: unknown): boolean =>
  typeof body === "object" && body !== null && "heartbeat_updated" in body && body.heartbeat_updated === true;

function readsBack(body: unknown, slot: SlotId, runId: string): boolean {
  if (!Array.isArray(body)) return false;
  return body.some(
    (row: { slot_id?: unknown; run_id?: unknown } | null) => row?.slot_id === slot && row.run_id === runId,
  );
}
