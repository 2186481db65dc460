import { writeFile } from "node:fs/promises";
import { provisionServer } from "@oroboros/db-safety";
import { slotIds } from "@oroboros/slot-contract";
import { eventually, queryRows, startPostgres, type TestPostgres } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HOST_BASED_AUTHENTICATION } from "./initialize-postgres.ts";

const ONE = [[{ one: 1 }]];
const REFUSED = { code: "28000", message: expect.stringContaining("pg_hba.conf rejects connection") };
const PASSWORDS = { api: "api-secret", worker: "worker-secret" };

let postgres: TestPostgres;
let socket: string;
beforeAll(async () => {
  postgres = await startPostgres();
  const superuserUrl = postgres.superuserUrl();
  await provisionServer({
    superuserUrl,
    slots: slotIds({ slotCount: 1 }),
    passwords: PASSWORDS,
    slotPasswordKey: "ab".repeat(32),
  });
  const [[settings] = []] = await queryRows(
    superuserUrl,
    `select current_setting('hba_file') as rules, current_setting('unix_socket_directories') as socket`,
    "create role slot_1_e7 login noinherit password 'slot-secret' in role slot_1, oroboros_slots",
    "alter database app_preview_1 with allow_connections true",
    "grant connect on database app_preview_1 to slot_1_e7",
    // Also where somebody has forgotten to take it away: a slot's role has no business in any other database.
    "grant connect on database postgres, template1, builder_control to public",
  );
  const { rules, socket: directory } = settings as { rules: string; socket: string };
  socket = `${superuserUrl}?host=${encodeURIComponent(directory)}`;
  await writeFile(rules, HOST_BASED_AUTHENTICATION);
  await queryRows(superuserUrl, "select pg_reload_conf()");
  await eventually(
    async () => {
      const [rejecting] = await queryRows(socket, "select from pg_hba_file_rules where auth_method = 'reject'");
      return rejecting?.length === 2 && (await refuses(postgres.superuserUrl()));
    },
    { deadlineMs: 30_000 },
  );
});
afterAll(() => postgres?.stop());

const refuses = (url: string): Promise<boolean> =>
  queryRows(url, "select").then(
    () => false,
    () => true,
  );
const as = (user: string, password: string, database: string): Promise<unknown[][]> =>
  queryRows(`postgresql://${user}:${password}@${postgres.host}:${postgres.port}/${database}`, "select 1 as one");

test.each(["postgres", "app_preview_1", "builder_control", "template1"])(
  "the superuser comes into %s by no TCP connection, with its right password either",
  async (database) => {
    await expect(queryRows(postgres.superuserUrl(database), "select 1 as one")).rejects.toMatchObject(REFUSED);
    await expect(as("postgres", "postgres", database)).rejects.toMatchObject(REFUSED);
  },
);

test("the superuser comes in by the socket, which a slot's user can not reach", async () => {
  expect(await queryRows(socket, "select 1 as one")).toEqual(ONE);
});

test("a slot's login comes into its own database, and into none that is no slot's", async () => {
  expect(await as("slot_1_e7", "slot-secret", "app_preview_1")).toEqual(ONE);
  for (const database of ["postgres", "template1", "template0", "builder_control"])
    await expect(as("slot_1_e7", "slot-secret", database)).rejects.toMatchObject(REFUSED);
});

test("the worker and the api come into the control database", async () => {
  expect(await as("oroboros_worker", PASSWORDS.worker, "builder_control")).toEqual(ONE);
  expect(await as("oroboros_api", PASSWORDS.api, "builder_control")).toEqual(ONE);
});
