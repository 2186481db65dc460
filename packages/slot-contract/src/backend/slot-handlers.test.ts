import { Pool } from "pg";
import { usePostgres } from "@oroboros/test-support/use-postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { problemSchema } from "../api/problem.ts";
import { readSlotEnv } from "../env/slot-backend.ts";
import { createSlotHandlers } from "./slot-handlers.ts";

const RUN = "2f1c6a54-5d0a-4c8e-9f39-6e2f2b2b9f10";
const OTHER_RUN = "9f391c6a-5d0a-4c8e-9f39-6e2f2b2b9f10";
const COMMIT = "0123456789abcdef0123456789abcdef01234567";

const database = usePostgres();
const pool = new Pool({ connectionString: database.url });
// The database may be dropped before the server has seen that a connection of ours is closing.
pool.on("connect", (client) => client.on("error", () => undefined));
const slot = readSlotEnv({
  SLOT_ID: "preview-1",
  SLOT_NUM: "1",
  SLOT_BACKEND_PORT: "8101",
  SLOT_DB_NAME: "app_preview_1",
  SLOT_WORKTREE_PATH: "/srv/oroboros/worktrees/preview-1",
  SLOT_COMMIT_SHA: COMMIT,
  DATABASE_URL: "postgresql://slot_1@127.0.0.1/app_preview_1",
  CORS_ALLOWED_ORIGINS: "",
});
const handle = createSlotHandlers(slot, (text, values) => pool.query(text, values));

beforeAll(async () => {
  await pool.query(`create schema oroboros; create table oroboros.slot_lease (
    slot_id text not null, run_id uuid, lease_epoch bigint not null, heartbeat_at timestamptz)`);
});
beforeEach(async () => {
  await pool.query("truncate oroboros.slot_lease");
  await pool.query("insert into oroboros.slot_lease values ('preview-1', $1, 9007199254740993, null)", [RUN]);
});
afterAll(() => pool.end());

async function ask(method: string, path: string, body?: string): Promise<{ response: Response; json: unknown }> {
  const response = await handle(new Request(`http://slot${path}`, { method, ...(body === undefined ? {} : { body }) }));
  if (response === undefined) throw new Error(`${method} ${path} was left to the application`);
  return { response, json: await response.json() };
}
const beat = (name: string, body: unknown) => ask("POST", `/api/slots/${name}/heartbeat`, JSON.stringify(body));

test.each(["/health", "/api/health"])("%s says which slot and commit answers", async (path) => {
  const { response, json } = await ask("GET", path);
  expect(response.status).toBe(200);
  expect(json).toEqual({ status: "ok", service: "slot-backend", slot_id: "preview-1", commit_sha: COMMIT });
});

test("the slot's lease is read from its own database, with its epoch exact", async () => {
  const { json } = await ask("GET", "/api/slots");
  expect(json).toEqual([{ slot_id: "preview-1", run_id: RUN, lease_epoch: "9007199254740993", heartbeat_at: null }]);
});

test.each(["preview-1", "preview1"])("a heartbeat of the holding run to %s is recorded", async (name) => {
  const { json } = await beat(name, { run_id: RUN });
  expect(json).toEqual({
    heartbeat_updated: true,
    slot_id: "preview-1",
    run_id: RUN,
    reason: "updated",
    expires_at: null,
  });
  const { json: slots } = await ask("GET", "/api/slots");
  expect(slots).toEqual([expect.objectContaining({ heartbeat_at: expect.any(String) })]);
});

test("a heartbeat of another run records nothing", async () => {
  const { response, json } = await beat("preview-1", { run_id: OTHER_RUN });
  expect(response.status).toBe(200);
  expect(json).toEqual({
    heartbeat_updated: false,
    slot_id: "preview-1",
    run_id: OTHER_RUN,
    reason: "held_by_other_run",
    expires_at: null,
  });
  const { rows } = await pool.query("select heartbeat_at from oroboros.slot_lease");
  expect(rows).toEqual([{ heartbeat_at: null }]);
});

test.each(["preview-2", "preview-0", "preview-01", "preview-%31", "main"])(
  "a heartbeat to %s is not found",
  async (name) => {
    const { response, json } = await beat(name, { run_id: RUN });
    expect(response.status).toBe(404);
    expect(json).toMatchObject({ code: "invalid_slot" });
  },
);

test.each(["", "{", "null", "{}", '{"run_id":1}', '{"run_id":"1; drop table items"}'])(
  "a heartbeat with the body %j is refused",
  async (body) => {
    const { response, json } = await ask("POST", "/api/slots/preview-1/heartbeat", body);
    expect(response.status).toBe(400);
    expect(json).toMatchObject({ code: "invalid_request" });
  },
);

test.each([
  ["GET", "/health", undefined],
  ["GET", "/api/slots", undefined],
  ["POST", "/api/slots/preview-1/heartbeat", `{"run_id":"${RUN}"}`],
  ["POST", "/api/slots/preview-1/heartbeat", "{"],
  ["POST", "/api/slots/preview-2/heartbeat", `{"run_id":"${RUN}"}`],
])("%s %s carries the slot and the commit (body %j)", async (method, path, body) => {
  const { response } = await ask(method, path, body);
  expect(response.headers.get("x-oroboros-slot")).toBe("preview-1");
  expect(response.headers.get("x-oroboros-commit")).toBe(COMMIT);
});

test.each([
  ["GET", "/"],
  ["GET", "/api/items"],
  ["OPTIONS", "/api/slots"],
  ["OPTIONS", "/api/slots/preview-1/heartbeat"],
  ["POST", "/api/slots/acquire"],
  ["GET", "/api/slots/"],
  ["POST", "/api/slots/a/b/heartbeat"],
])("%s %s is the application's own", async (method, path) => {
  expect(await handle(new Request(`http://slot${path}`, { method }))).toBeUndefined();
});

test.each([
  ["9007199254740993", "updated"],
  ["9007199254740992", "stale_epoch"],
])("a heartbeat that presents the epoch %s is %s", async (lease_epoch, reason) => {
  const { json } = await beat("preview-1", { run_id: RUN, lease_epoch });
  expect(json).toMatchObject({ heartbeat_updated: reason === "updated", reason });
});

test("a slot that no run holds says so, and takes no heartbeat", async () => {
  await pool.query("update oroboros.slot_lease set run_id = null");
  expect((await ask("GET", "/api/slots")).json).toMatchObject([{ slot_id: "preview-1", run_id: null }]);
  expect((await beat("preview-1", { run_id: RUN })).json).toMatchObject({ heartbeat_updated: false, reason: "free" });
  await pool.query("truncate oroboros.slot_lease");
  expect((await ask("GET", "/api/slots")).json).toEqual([
    { slot_id: "preview-1", run_id: null, lease_epoch: null, heartbeat_at: null },
  ]);
});

test.each(["/health", "/api/health", "/api/slots"])("HEAD %s is GET without the body", async (path) => {
  const response = await handle(new Request(`http://slot${path}`, { method: "HEAD" }));
  expect(response?.status).toBe(200);
  expect(response?.headers.get("x-oroboros-slot")).toBe("preview-1");
  expect(await response?.text()).toBe("");
});

test.each([
  ["POST", "/health", "GET, HEAD"],
  ["DELETE", "/api/slots", "GET, HEAD"],
  ["GET", "/api/slots/preview-1/heartbeat", "POST"],
])("%s %s is refused, and the answer says what is allowed: %s", async (method, path, allow) => {
  const { response, json } = await ask(method, path);
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe(allow);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(problemSchema.parse(json).code).toBe("method_not_allowed");
});

test("a database without the runtime's schema is an error, not an empty answer", async () => {
  const elsewhere = createSlotHandlers(slot, (text, values) =>
    pool.query(text.replace("oroboros.", "nowhere."), values),
  );
  await expect(elsewhere(new Request("http://slot/api/slots"))).rejects.toMatchObject({ code: "42P01" });
});
