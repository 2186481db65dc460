import {
  beginSnapshot,
  completeSnapshot,
  claimSlot,
  findSlotIdentity,
  listAudit,
  openControlStore,
  verifyAudit,
  type Lease,
} from "@oroboros/control-store";
import { createSnapshotOfSlot, templateHash, type TemplateSource } from "@oroboros/db-safety";
import { CONTROL_DATABASE, LEASE_TTL_SECONDS, snapshotDatabase, templateDatabase } from "@oroboros/slot-contract";
import { queryRows, rounds } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Clock, Context } from "../context.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { auditDatabases, type DatabaseAudit } from "./audit-databases.ts";
import { keepAuditing } from "./keep-auditing.ts";
import { restoreKeptLeased } from "./kept-database.ts";
import { lockSlotOut } from "./lock-slot-out.ts";
import { resetLeasedDatabase } from "./reset-leased-database.ts";
import { slotAccess } from "./slot-access.ts";
import { warmSpare } from "./warm-spare.ts";

// Nothing here starts a process: the supervisor's socket is not there.
const SOURCE: TemplateSource = {
  migrations: [{ name: "0001.sql", sql: "create table notes (body text);" }],
  seed: { version: "v1", sql: "insert into notes values ('first')" },
};
const TEMPLATE = templateDatabase(templateHash(SOURCE));
const LIVE = "app_preview_1";
const SNAPSHOT = "snapshot_1";
/** Of resets beside which audits are made. */
const ROUNDS = rounds(80);

let world: TestWorld;
let lease: Lease;

beforeAll(async () => {
  world = await aWorld();
  const runId = await world.queueRun({});
  const claim = await claimSlot(world.context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  lease = claim.lease;
});
afterAll(() => world?.[Symbol.asyncDispose]());

const audit = (deep = false, log = world.context.log): Promise<DatabaseAudit> =>
  auditDatabases({ ...world.context, log }, { deep, signal: AbortSignal.timeout(60_000) });
const found = async (deep = false): Promise<string[]> => {
  const { findings } = await audit(deep);
  return [...new Set(findings.map(({ code, subject }) => `${code} ${subject}`))].toSorted();
};
/** What whoever is superuser of the server can do, triggers left out. */
const asSuperuser = (database: string, ...statements: string[]): Promise<unknown> =>
  queryRows(world.superuserUrl(database), "set role none", "set session_replication_role = replica", ...statements);

describe("what the runtime itself does is as it was recorded", () => {
  test("before a slot's first reset", async () => {
    expect(await audit()).toMatchObject({ ok: true, findings: [], slots: 2 });
  });

  test("after resets, with a kept database, restored, locked out, and with a spare; also when contents are compared", async () => {
    const { context } = world;
    const steps: Record<string, () => Promise<unknown>> = {
      first: () => resetLeasedDatabase(context, lease, SOURCE),
      kept: () => resetLeasedDatabase(context, lease, SOURCE, { keepOld: true }),
      restored: () => restoreKeptLeased(context, lease),
      spare: () => warmSpare(context, lease.slotId, SOURCE),
      "spare of a slot that was never reset": () => warmSpare(context, world.other, SOURCE),
      "a snapshot": takeSnapshot,
      "locked out": () => lockSlotOut(context, lease),
      again: () => resetLeasedDatabase(context, lease, SOURCE),
    };
    for (const [name, step] of Object.entries(steps)) {
      await step();
      expect([name, await found()]).toEqual([name, []]);
    }
    expect(await audit(true)).toMatchObject({ ok: true, deep: true, findings: [] });
  });
});

/** The slot's current login, and the comments as they are. */
type Names = Record<"login" | "marker" | "template" | "snapshot", string>;

interface Lie {
  database?: string;
  lie: (names: Names) => string[];
  undo: (names: Names) => string[];
  found: string[];
}

const LIES: Record<string, Lie> = {
  "a marker that was written by somebody else": {
    lie: () => [`comment on database ${LIVE} is 'oroboros:slot=preview-1:run=none:epoch=1'`],
    undo: ({ marker }) => [`comment on database ${LIVE} is '${marker}'`],
    found: [`marker_wrong ${LIVE}`],
  },
  "a marker that was removed": {
    lie: () => [`comment on database ${LIVE} is null`],
    undo: ({ marker }) => [`comment on database ${LIVE} is '${marker}'`],
    found: [`marker_wrong ${LIVE}`],
  },
  "a record of another seed": {
    database: CONTROL_DATABASE,
    lie: () => ["update preview_db_resets set seed_version = 'v9' where reset_id = 3"],
    undo: () => ["update preview_db_resets set seed_version = 'v1' where reset_id = 3"],
    found: ["provenance_changed reset 3"],
  },
  "a record of another content": {
    database: CONTROL_DATABASE,
    lie: () => [
      "create table was as table preview_db_resets",
      `update preview_db_resets set details = details || '{"content_fingerprint":"x"}'`,
    ],
    undo: () => [
      "delete from preview_db_resets",
      "insert into preview_db_resets overriding system value table was",
      "drop table was",
    ],
    found: [1, 2, 3].map((id) => `provenance_changed reset ${id}`).concat(`template_wrong ${TEMPLATE}`),
  },
  "records that are gone": {
    database: CONTROL_DATABASE,
    lie: () => ["create table was as table preview_db_resets", "delete from preview_db_resets"],
    undo: () => ["insert into preview_db_resets overriding system value table was", "drop table was"],
    found: [`not_recorded ${LIVE}`, ...[1, 2, 3].map((id) => `provenance_changed reset ${id}`)],
  },
  "a right for everybody": {
    lie: () => [`grant connect on database ${LIVE} to public`],
    undo: () => [`revoke connect on database ${LIVE} from public`],
    found: [`foreign_grant ${LIVE}`],
  },
  "a right of another slot": {
    lie: () => [`grant connect on database ${LIVE} to slot_2`],
    undo: () => [`revoke connect on database ${LIVE} from slot_2`],
    found: [`foreign_grant ${LIVE}`],
  },
  "a right on what waits for the next reset": {
    lie: () => ["grant connect on database spare_2 to public"],
    undo: () => ["revoke connect on database spare_2 from public"],
    found: ["foreign_grant spare_2"],
  },
  "another login of the slot": {
    lie: () => ["create role slot_1_e999 login noinherit connection limit 20 in role slot_1, oroboros_slots"],
    undo: () => ["drop role slot_1_e999"],
    found: ["foreign_login slot_1_e999"],
  },
  "a stranger in the slot's group": {
    lie: () => ["create role stranger login in role slot_1"],
    undo: () => ["drop role stranger"],
    found: ["foreign_login stranger", "foreign_member stranger"],
  },
  "a stranger among the slots' logins": {
    lie: () => ["create role stranger login in role oroboros_slots"],
    undo: () => ["drop role stranger"],
    found: ["foreign_member stranger"],
  },
  "a login with more rights": {
    lie: ({ login }) => [
      `alter role ${login} createrole inherit connection limit 100`,
      `grant pg_read_all_data to ${login}`,
    ],
    undo: ({ login }) => [
      `alter role ${login} nocreaterole noinherit connection limit 20`,
      `revoke pg_read_all_data from ${login}`,
    ],
    found: ["login_wrong LOGIN"],
  },
  "a login that is gone": {
    lie: ({ login }) => [`alter role ${login} rename to elsewhere`],
    undo: ({ login }) => [`alter role elsewhere rename to ${login}`],
    found: ["foreign_grant app_preview_1", "foreign_login elsewhere", "foreign_member elsewhere", "login_wrong LOGIN"],
  },
  "a slot's group that may log in": {
    lie: () => ["alter role slot_1 login"],
    undo: () => ["alter role slot_1 nologin"],
    found: ["role_wrong slot_1"],
  },
  "a member of the databases' owner": {
    lie: () => ["create role stranger in role oroboros_db"],
    undo: () => ["drop role stranger"],
    found: ["foreign_member stranger"],
  },
  "another owner": {
    lie: () => [`alter database ${LIVE} owner to oroboros_worker`],
    undo: () => [`alter database ${LIVE} owner to oroboros_db`],
    found: [`owner_wrong ${LIVE}`],
  },
  "another database in the slot's place": {
    lie: ({ marker }) => [
      `alter database ${LIVE} rename to elsewhere`,
      `create database ${LIVE} owner oroboros_db template template0`,
      `revoke all on database ${LIVE} from public`,
      `comment on database ${LIVE} is '${marker}'`,
    ],
    undo: () => [`drop database ${LIVE}`, `alter database elsewhere rename to ${LIVE}`],
    found: [`database_replaced ${LIVE}`, "stray_database elsewhere"],
  },
  "a database that is gone": {
    lie: () => [`alter database ${LIVE} rename to elsewhere`],
    undo: () => [`alter database elsewhere rename to ${LIVE}`],
    found: [`database_missing ${LIVE}`, "stray_database elsewhere"],
  },
  "a snapshot that says it is another one": {
    lie: () => [`comment on database ${SNAPSHOT} is 'oroboros:snapshot=other:content=${"0".repeat(64)}'`],
    undo: ({ snapshot }) => [`comment on database ${SNAPSHOT} is '${snapshot}'`],
    found: [`snapshot_wrong ${SNAPSHOT}`],
  },
  "a snapshot that everybody may read": {
    lie: () => [
      `alter database ${SNAPSHOT} with allow_connections true`,
      `grant connect on database ${SNAPSHOT} to public`,
    ],
    undo: () => [
      `alter database ${SNAPSHOT} with allow_connections false`,
      `revoke connect on database ${SNAPSHOT} from public`,
    ],
    found: [`foreign_grant ${SNAPSHOT}`, `snapshot_wrong ${SNAPSHOT}`],
  },
  "a template that does not say what it is": {
    lie: () => [`comment on database ${TEMPLATE} is null`],
    undo: ({ template }) => [`comment on database ${TEMPLATE} is '${template}'`],
    found: [`template_wrong ${TEMPLATE}`],
  },
  "a template that lets sessions in": {
    lie: () => [`alter database ${TEMPLATE} with allow_connections true`],
    undo: () => [`alter database ${TEMPLATE} with allow_connections false`],
    found: [`template_wrong ${TEMPLATE}`],
  },
};

describe("a lie is found, and nothing else", () => {
  test.each(Object.entries(LIES))("%s", async (_what, { database = "postgres", lie, undo, found: expected }) => {
    const identity = await findSlotIdentity(world.context.store, lease.slotId);
    const login = `slot_1_e${identity?.loginEpoch}`;
    const [marker, template, snapshot] = [await commentOf(LIVE), await commentOf(TEMPLATE), await commentOf(SNAPSHOT)];
    const names: Names = { login, marker, template, snapshot };
    await asSuperuser(database, ...lie(names));
    try {
      expect(await found()).toEqual(expected.map((line) => line.replace("LOGIN", login)).toSorted());
    } finally {
      await asSuperuser(database, ...undo(names));
    }
    expect(await found()).toEqual([]);
  });

  test.each([
    [TEMPLATE, [`content_differs ${TEMPLATE}`], ""],
    [SNAPSHOT, [`content_differs ${SNAPSHOT}`], "Snapshot before does not hold"],
    ["spare_2", ["content_differs spare_2"], "rows of public.notes"],
  ])("a row more in %s, where contents are compared", async (database, expected, part) => {
    const allow = (yes: boolean): Promise<unknown> =>
      asSuperuser("postgres", `alter database ${database} with allow_connections ${yes}`);
    await allow(true);
    await asSuperuser(database, "insert into public.notes values ('mine')");
    await allow(false);
    try {
      expect(await found()).toEqual([]);
      const { findings } = await audit(true);
      expect(findings.map(({ code, subject }) => `${code} ${subject}`)).toEqual(expected);
      expect(findings[0]?.message).toContain(part);
    } finally {
      await allow(true);
      await asSuperuser(database, "delete from public.notes where body = 'mine'");
      await allow(false);
    }
    expect(await found(true)).toEqual([]);
  });

  test("an edited audit log, where its chain is recomputed", async () => {
    await asSuperuser(CONTROL_DATABASE, "update audit_log set action = 'x' where seq = 1");
    expect(await found()).toEqual([]);
    expect(await found(true)).toEqual(["audit_log_broken audit_log"]);
    await asSuperuser(CONTROL_DATABASE, "update audit_log set action = 'run_created' where seq = 1");
    expect(await verifyAudit(world.context.store)).toMatchObject({ ok: true });
  });
});

test("an audit that a reset overtakes looks at the moment in which it began", async () => {
  const { context } = world;
  let statements = 0;
  const overtaken = context.store.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      statements += 1;
      if (statements === 1) await resetLeasedDatabase(context, lease, SOURCE);
      return result;
    },
  });
  const store = overtaken as typeof context.store;
  const signal = AbortSignal.timeout(60_000);
  expect(await auditDatabases({ ...context, store }, { deep: false, signal })).toMatchObject({ findings: [] });
  expect(statements).toBeGreaterThan(1);
});

test("nothing is found in any moment of a reset, of a restoration and of the cleaning up after them", async () => {
  const { context } = world;
  let isBusy = true;
  let isOver = false;
  let audits = 0;
  const busy = (async () => {
    for (let round = 0; !isOver && (round < ROUNDS || audits <= ROUNDS); round += 1) {
      await warmSpare(context, lease.slotId, SOURCE);
      await resetLeasedDatabase(context, lease, SOURCE, { keepOld: round % 2 === 0 });
      if (round % 4 === 0) await restoreKeptLeased(context, lease);
      await lockSlotOut(context, lease);
    }
  })().finally(() => (isBusy = false));
  const findings: unknown[] = [];
  try {
    for (; isBusy; audits += 1) findings.push(...(await audit()).findings);
  } finally {
    isOver = true;
    await busy;
  }
  expect(findings).toEqual([]);
});

test("what was found is logged, and noted in the audit log", async () => {
  const error = vi.fn();
  await asSuperuser("postgres", `grant connect on database ${LIVE} to public`);
  try {
    const { findings } = await audit(false, { ...world.context.log, error });
    expect(findings).toEqual([
      {
        code: "foreign_grant",
        slot_id: "preview-1",
        subject: LIVE,
        message: `Everybody may CONNECT in database ${LIVE}.`,
        hint: `As the superuser: revoke all on database ${LIVE} from public`,
      },
    ]);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ subject: LIVE }), findings[0]?.message);
    const [noted] = await listAudit(world.context.store, { limit: 1 });
    const named = [{ code: "foreign_grant", slot_id: "preview-1", subject: LIVE }];
    expect(noted).toMatchObject({ action: "database_audit_failed", detail: { count: 1, findings: named } });
  } finally {
    await asSuperuser("postgres", `revoke connect on database ${LIVE} from public`);
  }
});

test("audits go on until they are stopped, also after one that could not be carried out", async () => {
  const { context } = world;
  const stop = new AbortController();
  const slept: number[] = [];
  const clock: Clock = { ...context.clock, sleep: async (ms) => void (slept.push(ms) === 3 && stop.abort()) };
  const log = { ...context.log, warn: vi.fn(), error: vi.fn() };
  const nowhere = openControlStore({ databaseUrl: "postgresql://a:b@127.0.0.1:1/c", onError: () => undefined });
  onTestFinished(() => nowhere.close());
  const failingFirst: Context = {
    ...context,
    clock,
    log,
    // The first of three finds no server.
    get store() {
      return slept.length === 0 ? nowhere.db : context.store;
    },
  };
  await asSuperuser("postgres", `grant connect on database ${LIVE} to public`);
  try {
    await keepAuditing(failingFirst, { intervalMs: 3_600_000, signal: stop.signal });
  } finally {
    await asSuperuser("postgres", `revoke connect on database ${LIVE} from public`);
  }
  expect(slept).toEqual([3_600_000, 3_600_000, 3_600_000]);
  expect(log.warn).toHaveBeenCalledTimes(1);
  expect(log.error).toHaveBeenCalledTimes(2);
});

/** Of what the slot's database holds. */
async function takeSnapshot(): Promise<void> {
  const { context } = world;
  const about = { sourceKind: "slot", source: lease.slotId, maskedBy: null, createdBy: "a test" } as const;
  const { snapshotId: id } = (await beginSnapshot(context.store, { version: "before", ...about })) ?? {
    snapshotId: "",
  };
  const request = { server: context.server, leaseEpoch: lease.leaseEpoch, id, version: "before" };
  await completeSnapshot(
    context.store,
    id,
    await createSnapshotOfSlot(await slotAccess(context, lease.slotId), request),
  );
  expect(snapshotDatabase(id)).toBe(SNAPSHOT);
}

async function commentOf(database: string): Promise<string> {
  const [rows] = await queryRows(
    world.superuserUrl(),
    `select shobj_description(oid, 'pg_database') as comment from pg_database where datname = '${database}'`,
  );
  return (rows as { comment: string }[])[0]?.comment ?? "";
}
