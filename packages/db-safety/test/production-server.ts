import { CONTROL_DATABASE, slotDatabase, slotLogin, slotRole, type LeaseEpoch } from "@oroboros/slot-contract";
import { queryRows } from "@oroboros/test-support";
import { slotDatabaseUrl, type SlotAccess } from "../src/index.ts";
import { provisionForTests, RUN, SLOTS } from "./provisioned-server.ts";
import { startWitness, type WitnessingServer } from "./server-witness.ts";

const [slot] = SLOTS;
const EPOCH = "7" as LeaseEpoch;
const ORDERS = [
  "create table orders (id bigint generated always as identity, customer text, cents integer)",
  "insert into orders (customer, cents) select 'customer ' || n, n * 100 from generate_series(1, 200) n",
  "select lo_from_bytea(0, 'a contract')",
];

/**
 * A server that plays production and is as easily mistaken for ours as can be: the same roles with the same passwords, a control
 * database with the same tables, functions and leases, a marked `app_preview_1` that the slot's login may enter, and databases
 * under every name that the runtime drops. All of them hold rows that nobody may lose.
 */
export async function startProduction(): Promise<WitnessingServer> {
  const production = await startWitness();
  const { superuserUrl } = production;
  await provisionForTests(superuserUrl);
  const live = slotDatabase(slot);
  const login = slotLogin(slot, EPOCH);
  await queryRows(
    superuserUrl(),
    `create role ${login} login noinherit in role ${slotRole(slot)}, oroboros_slots`,
    `alter database ${live} with allow_connections true`,
    `grant connect on database ${live} to ${login}`,
    `alter database ${live} set role = ${slotRole(slot)}`,
    `comment on database ${live} is 'oroboros:slot=${slot}:run=${RUN}:epoch=${EPOCH}'`,
    ...["spare_1", "kept_1", "retired_1", "customers", "app_production"].map((name) => `create database ${name}`),
    ...["spare_1", "retired_1"].map((name) => `alter database ${name} owner to oroboros_worker`),
    "alter database kept_1 owner to oroboros_db",
    `comment on database kept_1 is 'oroboros:slot=${slot}:run=${RUN}:epoch=6'`,
  );
  await queryRows(
    superuserUrl(CONTROL_DATABASE),
    `update slot_leases set run_id = '${RUN}' where slot_id = '${slot}'`,
    `update slot_databases set login_epoch = ${EPOCH},
      database_oid = (select oid from pg_database where datname = '${live}') where slot_id = '${slot}'`,
  );
  for (const name of [live, "spare_1", "kept_1", "retired_1", "customers", "app_production"])
    await queryRows(superuserUrl(name), ...ORDERS);
  await production.seen();
  return production;
}

/** Gives production's login of the slot the password that ours has now: whoever comes with it is let in. */
export async function shareLogin(production: WitnessingServer, access: SlotAccess): Promise<void> {
  const { username, password } = new URL(slotDatabaseUrl(access));
  await queryRows(production.superuserUrl(), `alter role ${username} password '${password}'`);
}
