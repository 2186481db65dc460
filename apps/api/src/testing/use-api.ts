import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  asActor,
  claimSlot,
  createRun,
  createToken,
  migrateControlStore,
  openControlStore,
  provisionSlots,
  watchEvents,
} from "@oroboros/control-store";
import type { Lease, NewRun, Run, Store, StoreTransaction } from "@oroboros/control-store";
import { hashToken } from "@oroboros/host/read-only";
import { installQueueSchema, openRunQueue, queueTransport, type RunQueue } from "@oroboros/run-queue";
import {
  apiPort,
  defineContract,
  isTerminal,
  LEASE_TTL_SECONDS,
  ROLES,
  RUN_STATES,
  slotIds,
  type Role,
} from "@oroboros/slot-contract";
import { usePostgres } from "@oroboros/test-support/use-postgres";
import { afterAll, beforeAll } from "vitest";
import type { Api, ApiContext } from "../api-context.ts";
import { createApi } from "../create-api.ts";

const ENDED = RUN_STATES.filter(isTerminal);

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The JSON the answer holds; undefined for anything else. */
  body: unknown;
}

export interface Call {
  method?: string;
  /** A role's token, a token's text, or null for none. The operator's where it is left out. */
  as?: Role | (string & {}) | null;
  headers?: Record<string, string>;
  /** Sent as it is where it is text, else as JSON. */
  body?: unknown;
  /** The api to ask instead of the usual one. */
  api?: Api;
  signal?: AbortSignal;
}

export const tokenOf = (role: Role): string => `oro_token-of-the-${role}`;

/** Gives the calling test file the api on a control database and a queue of its own. */
export function useApi() {
  const database = usePostgres();
  const root = mkdtempSync(join(tmpdir(), "oroboros-api-"));
  const contract = defineContract({ root });
  const control = openControlStore({ databaseUrl: database.url, onError: () => undefined });
  const logged: { level: string; fields: object; message: string }[] = [];
  const note = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  const events = watchEvents({ databaseUrl: database.url, onError: () => undefined });
  const agent = { principal: "", traceId: null };
  let queue: RunQueue;
  let api: Api;

  beforeAll(async () => {
    await migrateControlStore(control.db);
    await provisionSlots(control.db, slotIds(contract));
    await installQueueSchema(database.url, []);
    for (const role of ROLES) {
      const { tokenId } = await createToken(control.db, { label: `a ${role}`, role, hash: hashToken(tokenOf(role)) });
      if (role === "agent") agent.principal = `token:${tokenId}:a agent`;
    }
    queue = openRunQueue(queueTransport({ DATABASE_URL: database.url }), { onError: () => undefined });
    api = createApi({ contract, store: control.db, queue, events, log });
  });
  afterAll(async () => {
    await events.close();
    await queue.close();
    await control.close();
    await rm(root, { recursive: true });
  });

  return {
    database,
    contract,
    logged,
    store: control.db,
    /** A request exactly as it is given. */
    request: (path: string, init: RequestInit) => Promise.resolve(api.request(path, init)),
    /** An answer that is read as it comes. */
    open: (path: string, call: Call = {}) => send(call.api ?? api, `127.0.0.1:${apiPort(contract)}`, path, call),
    call: (path: string, call: Call = {}) => ask(call.api ?? api, `127.0.0.1:${apiPort(contract)}`, path, call),
    /** The same api with some of its surroundings replaced. */
    with: (changes: Partial<ApiContext>): Api =>
      createApi({ contract, store: control.db, queue, events, log, ...changes }),
    /** Does something in the agent's name: a run that it makes is the agent's own. */
    byAgent: <T>(act: (tx: StoreTransaction) => Promise<T>): Promise<T> => asActor(control.db, agent, act),
    /** Ends every run and frees every slot, so that the next test finds nothing before its own. */
    clear: async () => {
      await control.db.updateTable("runs").set({ status: "canceled" }).where("status", "not in", ENDED).execute();
      await control.db
        .updateTable("slot_leases")
        .set({ run_id: null, expires_at: null, quarantined_at: null })
        .execute();
    },
  };
}

async function send(api: Api, host: string, path: string, call: Call): Promise<Response> {
  const { as = "operator", body } = call;
  const token = ROLES.find((role) => role === as);
  return api.request(path, {
    method: call.method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      host,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(as === null ? {} : { authorization: `Bearer ${token === undefined ? as : tokenOf(token)}` }),
      ...call.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
}

async function ask(...request: Parameters<typeof send>): Promise<Answer> {
  const response = await send(...request);
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== "" ? (JSON.parse(text) as unknown) : undefined,
  };
}

export function aRun(store: Store, run: Partial<NewRun> = {}): Promise<Run> {
  return createRun(store, { title: "a run", prompt: "", branch: "feature", commitSha: null, createdBy: null, ...run });
}

/** A run that has a slot. */
export async function aLiveRun(store: Store, asked: Partial<NewRun> = {}): Promise<{ run: Run; lease: Lease }> {
  const run = await aRun(store, asked);
  const claim = await claimSlot(store, { runId: run.runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome !== "claimed") throw new Error(`the run got no slot: ${claim.outcome}`);
  return { run, lease: claim.lease };
}
