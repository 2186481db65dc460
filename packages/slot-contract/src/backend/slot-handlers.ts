import { heartbeatRequestSchema, type HeartbeatResponse } from "../api/slots.ts";
import type { SlotEnv } from "../env/slot-backend.ts";
import { COMMIT_HEADER, SLOT_HEADER } from "../names.ts";
import { MAX_SLOTS, parseSlotId } from "../slot-id.ts";
import { problem, type ProblemCode } from "./problem.ts";
import { readLease, recordHeartbeat, type Query } from "./slot-lease.ts";

/** Answers a request that is the runtime's; resolves to undefined for one that is the application's own. */
export type SlotHandlers = (request: Request) => Promise<Response | undefined>;

const HEALTH = ["/health", "/api/health"];

/**
 * The endpoints a previewed backend answers for the runtime: `GET /health`, `GET /api/health`, `GET /api/slots` and
 * `POST /api/slots/:slot/heartbeat`; `HEAD` where `GET` is. Another method on one of these paths is refused with 405, except
 * `OPTIONS`, which belongs to the application's CORS rules. Resolves to undefined for any other request, which is then the
 * application's own.
 *
 * The slot's state lives in schema `oroboros` of its own database. It is the application's own claim: the runtime trusts it
 * for the smoke check and for nothing else.
 */
export function createSlotHandlers(slot: SlotEnv, query: Query): SlotHandlers {
  const own = { [SLOT_HEADER]: slot.slotId, [COMMIT_HEADER]: slot.commitSha };
  const reply = (body: unknown): Response => Response.json(body, { headers: own });
  const refuse = (code: ProblemCode, detail: string, headers = {}): Response =>
    problem(code, detail, { ...own, ...headers });

  const heartbeat = async (name: string, request: Request): Promise<Response> => {
    if (!isOwnSlot(name, slot)) return refuse("invalid_slot", `This backend serves ${slot.slotId} and no other slot.`);
    const body = heartbeatRequestSchema.safeParse(await readJson(request));
    if (!body.success) return refuse("invalid_request", 'A heartbeat is {"run_id": "...", "lease_epoch"?: "..."}.');
    const answer: HeartbeatResponse = await recordHeartbeat(query, slot.slotId, body.data);
    return reply(answer);
  };

  return async (request) => {
    const { pathname } = new URL(request.url);
    const [, named] = /^\/api\/slots\/([^/]+)\/heartbeat$/.exec(pathname) ?? [];
    const isRead = HEALTH.includes(pathname) || pathname === "/api/slots";
    if ((!isRead && named === undefined) || request.method === "OPTIONS") return undefined;
    const allowed = isRead ? ["GET", "HEAD"] : ["POST"];
    if (!allowed.includes(request.method)) {
      return refuse("method_not_allowed", `${pathname} takes ${allowed.join(" and ")}.`, { allow: allowed.join(", ") });
    }
    if (named !== undefined) return await heartbeat(named, request);
    const answer = HEALTH.includes(pathname)
      ? { status: "ok", service: "slot-backend", slot_id: slot.slotId, commit_sha: slot.commitSha }
      : [await readLease(query, slot.slotId)];
    return request.method === "HEAD" ? withoutBody(reply(answer)) : reply(answer);
  };
}

const withoutBody = ({ status, headers }: Response): Response => new Response(null, { status, headers });

function isOwnSlot(name: string, slot: SlotEnv): boolean {
  try {
    return parseSlotId({ slotCount: MAX_SLOTS }, name) === slot.slotId;
  } catch {
    return false;
  }
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return undefined;
  }
}
