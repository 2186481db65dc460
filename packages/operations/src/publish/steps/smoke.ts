import { plainText } from "@oroboros/host";
import { MANIFEST_FILE, OperatorError, type SlotId } from "@oroboros/slot-contract";
import type { StepOf } from "../publish-plan.ts";
import type { StepContext } from "../step-context.ts";

const REQUEST_TIMEOUT_MS = 5_000;
const MAX_ANSWER_LENGTH = 1_048_576;
const HANDLERS_HINT =
  "Check that the backend mounts createSlotHandlers from @oroboros/slot-contract/backend and that the routes answer.";
const ROUTES_HINT = `Each of smoke.routes in ${MANIFEST_FILE} has to answer 200: correct the route there or the application, commit, and publish the new commit.`;

/**
 * The documents' integration check: a backend that mounts the slot handlers takes a heartbeat for this run and reads it back, and
 * the smoke routes answer.
 */
export async function smoke(step: StepContext, plan: StepOf<"smoke">): Promise<void> {
  const { runId, lease, log } = step;
  const slot = lease.slotId;
  const handlers = plan.slotApi ? await askHandlers(step, plan.backendUrl) : undefined;
  const routes = await Promise.all(plan.routeUrls.map(async (url) => ({ url, ...(await request(step, url, {})) })));
  const lost = handlers?.lost ?? [];
  const broken = routes.filter(({ status }) => status !== 200).map((route) => `${route.url} answered ${told(route)}`);
  const failures = [...lost, ...broken];
  log.write({
    event: "smoke",
    slot_id: slot,
    run_id: runId,
    slot_api: plan.slotApi,
    heartbeat: handlers?.heartbeat ?? null,
    slots: handlers?.slots ?? null,
    routes: routes.map(({ url, status }) => ({ url, status })),
    failures,
  });
  if (failures.length === 0) return;
  throw new OperatorError("step_failed", `The smoke check of ${slot} failed: ${failures.join("; ")}.`, {
    hint: lost.length === 0 ? ROUTES_HINT : HANDLERS_HINT,
  });
}

/** What the slot handlers say, and in which points that is not what they have to say. */
async function askHandlers(
  step: StepContext,
  backendUrl: string,
): Promise<{ heartbeat: unknown; slots: unknown; lost: string[] }> {
  const { runId, lease } = step;
  const heartbeat = await request(step, `${backendUrl}/api/slots/${lease.slotId}/heartbeat`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ run_id: runId }),
  });
  const slots = await request(step, `${backendUrl}/api/slots`, {});
  const lost = [
    ...(isAccepted(heartbeat.body) ? [] : [`the heartbeat answered ${told(heartbeat)}`]),
    ...(readsBack(slots.body, lease.slotId, runId) ? [] : [`GET /api/slots answered ${told(slots)}`]),
  ];
  return { heartbeat: heartbeat.body, slots: slots.body, lost };
}

interface Answer {
  /** Undefined where there was no answer. */
  status: number | undefined;
  text: string;
  body: unknown;
}

/** A backend that does not answer is the branch's failure, and one that never stops answering is not read to the end. */
async function request(step: StepContext, url: string, init: RequestInit): Promise<Answer> {
  const signal = AbortSignal.any([step.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  try {
    const response = await step.context.fetch(url, { ...init, redirect: "manual", signal });
    const text = await readStart(response);
    return { status: response.status, text, body: parseJson(text) };
  } catch (error) {
    step.signal.throwIfAborted();
    return { status: undefined, text: describe(error), body: undefined };
  }
}

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER_LENGTH) break;
  }
  return text;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

const told = ({ status, text }: Answer): string => `${status ?? "nothing,"} ${plainText(text).slice(0, 200)}`;

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
