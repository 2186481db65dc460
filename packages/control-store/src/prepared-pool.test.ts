import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { LeaseEpoch } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { Pool, type PoolConfig } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { useControlStore } from "../test/use-control-store.ts";
import { acquireMaintenanceLease } from "./leases/acquire-maintenance-lease.ts";
import { renewLease } from "./leases/renew-lease.ts";
import { openControlStore } from "./open-control-store.ts";
import { preparedPool } from "./prepared-pool.ts";

const { db, slots, url } = useControlStore({ slotCount: 2 });
const [slot, otherSlot] = slots as [(typeof slots)[0], (typeof slots)[0]];

const preparedOn = async (connection: typeof db): Promise<unknown> =>
  (await sql`select name, generic_plans + custom_plans as executed from pg_prepared_statements`.execute(connection))
    .rows;

test("a connection prepares the renewal of leases once, and no other statement", async () => {
  const lease = await acquireMaintenanceLease(db, slot, 60);
  if (lease === undefined) throw new Error("the slot was not free");
  // No test before this one has had its connection.
  const own = openControlStore({ databaseUrl: url, maxConnections: 1, onError: () => undefined });
  onTestFinished(() => own.close());
  await own.db.connection().execute(async (connection) => {
    for (let renewal = 0; renewal < 8; renewal += 1) expect(await renewLease(connection, lease, 60)).toBe(true);
    expect(await renewLease(connection, { ...lease, leaseEpoch: "9" as LeaseEpoch }, 60)).toBe(false);
    expect(await renewLease(connection, { ...lease, slotId: otherSlot }, 60)).toBe(false);
    expect(await preparedOn(connection)).toEqual([{ name: "renew_lease", executed: "10" }]);
  });
});

test("a prepared statement that fails says why, and the connection goes on", async () => {
  const lease = await acquireMaintenanceLease(db, slot, 60);
  if (lease === undefined) throw new Error("the slot was not free");
  await db.connection().execute(async (connection) => {
    await expect(renewLease(connection, { ...lease, leaseEpoch: "none" as LeaseEpoch }, 60)).rejects.toMatchObject({
      code: "22P02",
    });
    await expect(renewLease(connection, lease, Object("60") as number)).rejects.toThrow(TypeError);
    await sql`begin`.execute(connection);
    await sql`select 1 / 0`.execute(connection).catch(() => undefined);
    await expect(renewLease(connection, lease, 60)).rejects.toMatchObject({ code: "25P02" });
    await sql`rollback`.execute(connection);
    expect(await renewLease(connection, lease, 60)).toBe(true);
  });
});

test("a prepared statement whose connection is lost on the way fails with a code to be known by", async () => {
  const lease = await acquireMaintenanceLease(db, slot, 60);
  if (lease === undefined) throw new Error("the slot was not free");
  await db.connection().execute(async (connection) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(connection);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db);
    await expect(renewLease(connection, lease, 60)).rejects.toMatchObject({
      code: expect.stringMatching(/^(08006|57P01)$/),
    });
    await expect(renewLease(connection, lease, 60)).rejects.toMatchObject({ code: "08006" });
  });
});

describe("a connection that cannot be used has a code to be known by", () => {
  test("where none was free, or made, in time", async () => {
    const pool = aPool({ port: await serve(() => undefined), connectionTimeoutMillis: 30 });
    await expect(pool.connect()).rejects.toMatchObject({ code: "08001" });
  });

  test("where it ended in the middle of a statement, and for every statement after that", async () => {
    const pool = aPool({ port: await serve(untilTheFirstStatement) });
    const client = await pool.connect();
    await expect(client.query("select 1", [])).rejects.toMatchObject({ code: "08006" });
    await expect(client.query("select 1", [])).rejects.toMatchObject({ code: "08006" });
    client.release(true);
  });

  test("but a statement that failed for a reason of its own keeps that", async () => {
    const pool = aPool({ port: await serve(untilTheFirstStatement) });
    const client = await pool.connect();
    const unprintable = { toPostgres: () => expect.fail("no such value") };
    await expect(client.query("select $1", [unprintable])).rejects.not.toHaveProperty("code", "08006");
    client.release(true);
  });
});

function aPool(config: PoolConfig) {
  const pool = new Pool({ host: "127.0.0.1", user: "nobody", database: "nowhere", ...config });
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  onTestFinished(() => pool.end());
  return preparedPool(pool, []);
}

/** PostgreSQL's protocol 3.0 as far as a session without a password, until the first statement comes. */
function untilTheFirstStatement(socket: Socket): void {
  socket.once("data", () => {
    socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]));
    socket.once("data", () => socket.end());
  });
}

async function serve(talk: (socket: Socket) => void): Promise<number> {
  const server = createServer(talk);
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}
