import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { OperatorError, type RunId } from "@oroboros/slot-contract";
import { sql, type QueryExecutorProvider } from "kysely";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { stopInLogin } from "../test/stop-in-login.ts";
import { OTHER_RUN, provisionedServer, query, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import type { TemplateSource } from "./index.ts";

const [slot, other] = SLOTS;
const NOTES: TemplateSource = {
  migrations: [{ name: "0001_notes.sql", sql: "create table notes (body text);" }],
  seed: null,
};
const NEXT_RUN = OTHER_RUN;
const KEEP = { keepOld: true };

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
});
afterAll(() => machine?.stop());
beforeEach(async () => {
  await machine.reset(slot, NOTES);
  await write("proven");
});

const write = async (body: string) => query(await machine.asSlot(slot), `insert into notes values ('${body}')`);
const bodies = async (): Promise<unknown[]> =>
  (await query(await machine.asSlot(slot), "select body from notes")).map((row) => row["body"]);
const republish = (guard?: (tx: QueryExecutorProvider) => Promise<unknown>, runId?: RunId) =>
  machine.reset(slot, NOTES, guard, runId, KEEP);

/** The slot's databases as the server's catalog has them: name, comment, rights, open or closed. */
const catalog = () =>
  query<{ name: string; comment: string | null; acl: string; open: boolean }>(
    machine.superuserUrl(),
    `select datname as name, shobj_description(oid, 'pg_database') as comment, datallowconn as open,
      array_to_string(array(select unnest(datacl)::text order by 1), ' ') as acl
    from pg_database where datname in ('app_preview_1', 'kept_1', 'retired_1', 'spare_1') order by 1`,
  );
const names = async (): Promise<string[]> => (await catalog()).map((row) => row.name);

describe.each(["cold", "warm"])("a %s reset that keeps the old database", (path) => {
  const prepared = async (): Promise<void> => {
    if (path === "warm") await machine.prepare(slot, NOTES);
  };

  test("puts it aside, marked as before and closed to the slot's role", async () => {
    const [before] = await catalog();
    await prepared();
    expect(await republish()).toMatchObject({ kept: true, warm: path === "warm" });
    expect(await bodies()).toEqual([]);
    const [, kept] = await catalog();
    expect(kept).toMatchObject({ name: "kept_1", comment: before?.comment, open: false });
    expect(kept?.acl).not.toMatch(/slot_1=[CT]*c/);
    await expect(query(await machine.asSlot(slot, "kept_1"), "select 1")).rejects.toMatchObject({
      code: expect.stringMatching(/^(55000|42501)$/),
    });
  });

  test("keeps the one that was kept first, because only that one is proven", async () => {
    await republish();
    await write("unproven");
    await prepared();
    expect(await republish()).toMatchObject({ kept: true });
    expect(await bodies()).toEqual([]);
    expect(await machine.restoreKept(slot)).toEqual({ restored: true });
    expect(await bodies()).toEqual(["proven"]);
  });

  test("for another run keeps that run's own and drops what the run before has left", async () => {
    await republish();
    await machine.reset(slot, NOTES, undefined, NEXT_RUN, KEEP);
    // Left over from the first run: a crash before its database was restored or dropped.
    await write("of the next run");
    const report = await machine.reset(slot, NOTES, undefined, NEXT_RUN, KEEP);
    expect(report).toMatchObject({ kept: true });
    await machine.restoreKept(slot);
    expect(await bodies()).toEqual(["of the next run"]);
  });

  test("and one after it that keeps nothing drops it", async () => {
    await republish();
    await prepared();
    expect(await machine.reset(slot, NOTES)).toMatchObject({ kept: false });
    expect(await names()).toEqual(["app_preview_1"]);
    expect(await machine.restoreKept(slot)).toEqual({ restored: false });
  });
});

describe("restoring", () => {
  test("gives name, rights, marker and content back, and repeating it changes nothing", async () => {
    const before = await catalog();
    await republish();
    await write("unproven");
    expect(await machine.restoreKept(slot)).toEqual({ restored: true });
    expect(await bodies()).toEqual(["proven"]);
    expect(await catalog()).toEqual(before);
    expect(await machine.restoreKept(slot)).toEqual({ restored: false });
    expect(await bodies()).toEqual(["proven"]);
  });

  test("ends the sessions of the new one, as they would go on in a database that is dropped", async () => {
    await republish();
    const client = new Client({ connectionString: await machine.asSlot(slot) });
    client.on("error", () => undefined);
    await client.connect();
    await machine.restoreKept(slot);
    await expect(client.query("select 1")).rejects.toThrow();
    await client.end();
    expect(await names()).toEqual(["app_preview_1"]);
  });

  test("without the lease changes nothing", async () => {
    await republish();
    await write("unproven");
    const before = await catalog();
    const stale = new OperatorError("stale_lease", "The lease is gone.", { hint: "Stop." });
    await expect(machine.restoreKept(slot, () => Promise.reject(stale))).rejects.toBe(stale);
    await expect(machine.dropKept(slot, () => Promise.reject(stale))).rejects.toBe(stale);
    expect(await catalog()).toEqual(before);
    expect(await bodies()).toEqual(["unproven"]);
  });

  test("or keeping, aborted when its transaction commits, leaves every name, right and comment as it was", async () => {
    const abort = async (tx: QueryExecutorProvider): Promise<void> => {
      await sql`create temporary table guard (n int primary key deferrable initially deferred) on commit drop`.execute(
        tx,
      );
      await sql`insert into guard values (1), (1)`.execute(tx);
    };
    const unkept = await catalog();
    await expect(republish(abort)).rejects.toMatchObject({ code: "reset_failed" });
    expect((await catalog()).filter(({ name }) => name !== "spare_1")).toEqual(unkept);
    await republish();
    const kept = await catalog();
    await expect(machine.restoreKept(slot, abort)).rejects.toThrow();
    expect(await catalog()).toEqual(kept);
    await expect(machine.dropKept(slot, abort)).rejects.toThrow();
    expect(await catalog()).toEqual(kept);
  });

  test("leaves the other slot's kept database alone", async () => {
    await machine.reset(other, NOTES);
    await machine.reset(other, NOTES, undefined, undefined, KEEP);
    await machine.reset(slot, NOTES);
    expect(await machine.restoreKept(slot)).toEqual({ restored: false });
    expect(await machine.dropKept(other)).toEqual({ dropped: true });
  });
});

describe("dropping", () => {
  test("removes what was kept, once", async () => {
    await republish();
    expect(await machine.dropKept(slot)).toEqual({ dropped: true });
    expect(await machine.dropKept(slot)).toEqual({ dropped: false });
    expect(await names()).toEqual(["app_preview_1"]);
    expect(await machine.restoreKept(slot)).toEqual({ restored: false });
  });

  test("that was decided and then killed is not restored, and finished by whatever comes next", async () => {
    await republish();
    await write("new");
    await query(machine.superuserUrl("builder_control"), "select slot_access.mark_discarded(1, 'preview-1')");
    expect(await machine.restoreKept(slot)).toEqual({ restored: false });
    expect(await bodies()).toEqual(["new"]);
    expect(await names()).toEqual(["app_preview_1"]);
  });
});

test("a client that stops in the middle of its login keeps no database from being dropped for longer than a login may take", async () => {
  await republish();
  using _stopped = await stopInLogin(await machine.asSlot(other));
  const startedAt = performance.now();
  expect(await machine.dropKept(slot)).toEqual({ dropped: true });
  expect(await names()).toEqual(["app_preview_1"]);
  expect(performance.now() - startedAt).toBeLessThan(50_000);
});

describe("a process that is killed between the swap and the commit", () => {
  const dieWhile = async (what: "keep" | "restore"): Promise<void> => {
    const program = fileURLToPath(new URL("../test/swap-and-die.ts", import.meta.url));
    const args = ["--conditions=oroboros-source", program, what, machine.server.workerUrl];
    await expect(promisify(execFile)(process.execPath, args)).rejects.toMatchObject({ signal: "SIGKILL" });
  };

  test("while it keeps has changed nothing, and the next one does all of it", async () => {
    await machine.prepare(slot, NOTES);
    await dieWhile("keep");
    expect(await bodies()).toEqual(["proven"]);
    expect(await republish()).toMatchObject({ kept: true });
    expect(await names()).toEqual(["app_preview_1", "kept_1"]);
  });

  test("while it restores has changed nothing, and the next one does all of it", async () => {
    await republish();
    await write("unproven");
    await dieWhile("restore");
    expect(await bodies()).toEqual(["unproven"]);
    expect(await machine.restoreKept(slot)).toEqual({ restored: true });
    expect(await bodies()).toEqual(["proven"]);
    expect(await names()).toEqual(["app_preview_1"]);
  });
});

test("a foreign database under the kept one's name is refused by everything and not touched", async () => {
  await query(machine.superuserUrl(), "create database kept_1");
  await query(machine.superuserUrl(), "comment on database kept_1 is 'precious'");
  try {
    for (const act of [() => republish(), () => machine.restoreKept(slot), () => machine.dropKept(slot)]) {
      await expect(act()).rejects.toMatchObject({ code: "not_marked" });
    }
    await expect(machine.prepare(slot, NOTES)).rejects.toMatchObject({ code: "not_marked" });
    await query(machine.superuserUrl(), "comment on database kept_1 is 'oroboros:slot=preview-2:run=none:epoch=0'");
    await expect(machine.dropKept(slot)).rejects.toMatchObject({ code: "identity_mismatch" });
    expect(await query(machine.superuserUrl("kept_1"), "select 1 as up")).toEqual([{ up: 1 }]);
    expect(await bodies()).toEqual(["proven"]);
  } finally {
    await query(machine.superuserUrl(), "drop database kept_1");
  }
});
