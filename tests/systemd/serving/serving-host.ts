import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  API_ROLE,
  apiUnit,
  CONTROL_DATABASE,
  currentPath,
  etcPath,
  slotIds,
  surfaceUnit,
  webMainUnit,
  WORKER_ROLE,
  workerUnit,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { socketOf } from "@oroboros/slot-contract/host";
import type { Box } from "@oroboros/test-support";
import { bootHost, generatedFiles, type Host } from "../boot-host.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const BUNDLE = join(REPOSITORY, "dist/release");
const PASSWORD = "of-this-box-only";
const SLOT_KEY = "a".repeat(64);

/** A box with the generated units, the release's own api, worker and surfaces, Debian's PostgreSQL and Redis; the services are started. */
export async function bootServingHost(contract: RuntimeContract): Promise<Host & AsyncDisposable> {
  if (!existsSync(join(BUNDLE, "apps/api.js"))) {
    throw new Error("There is no release bundle. Make it with: scripts/bootstrap.sh");
  }
  const release = `${currentPath(contract)}.bundle`;
  const host = await bootHost({
    contract,
    services: ["postgresql", "redis-server"],
    files: { ...secretFiles(contract), [`${release}/release.json`]: "{}\n" },
    binds: [
      ...["apps", "infra", "scripts"].map((part) => ({ from: join(BUNDLE, part), to: `${release}/${part}` })),
      { from: process.execPath, to: `${release}/bin/node` },
    ],
  });
  try {
    await start(host, release);
    return host;
  } catch (error) {
    const said = await host.box.must(["journalctl", "--no-pager", "--output=cat", "--lines=30"]);
    await host[Symbol.asyncDispose]();
    throw new Error(`The host does not serve. The last of its log:\n${said}`, { cause: error });
  }
}

async function start({ box, contract }: Host, release: string): Promise<void> {
  await box.must(["systemd-sysusers"]);
  await box.must(["systemd-tmpfiles", "--create"]);
  await provision(box, contract);
  await box.must(["ln", "--symbolic", "--force", "--no-dereference", release, currentPath(contract)]);
  const served = [
    apiUnit(contract),
    webMainUnit(contract),
    ...slotIds(contract).map((slot) => surfaceUnit(contract, slot)),
  ];
  await box.systemctl("start", ...served.map(socketOf), ...served, workerUnit(contract));
}

/** The env files with what installation adds to them. */
function secretFiles(contract: RuntimeContract): Record<string, { text: string; mode: number }> {
  const url = (role: string): string => `postgresql://${role}:${PASSWORD}@127.0.0.1:5432/${CONTROL_DATABASE}`;
  const secrets = {
    [`${etcPath(contract)}/api.env`]: `DATABASE_URL="${url(API_ROLE)}"\n`,
    [`${etcPath(contract)}/worker.env`]: `DATABASE_URL="${url(WORKER_ROLE)}"\nSLOT_DATABASE_PASSWORD_KEY="${SLOT_KEY}"\n`,
  };
  return Object.fromEntries(
    generatedFiles(contract).flatMap(({ text, installed }) => {
      const added = installed === null ? undefined : secrets[installed.path];
      return added === undefined || installed === null ? [] : [[installed.path, { text: text + added, mode: 0o600 }]];
    }),
  );
}

/** Roles, tables and slots in the box's own PostgreSQL, as installation makes them. */
async function provision(box: Box, contract: RuntimeContract): Promise<void> {
  const superuser = (database: string): string => `postgresql://postgres:${PASSWORD}@127.0.0.1:5432/${database}`;
  await box.must(["psql", "--quiet", "--command", `alter role postgres password '${PASSWORD}'`], { user: "postgres" });
  const given = { slots: slotIds(contract), server: superuser("postgres"), control: superuser(CONTROL_DATABASE) };
  const program = `
    import { migrateControlStore, openControlStore, provisionSlots } from "@oroboros/control-store";
    import { provisionAccess, provisionServer } from "@oroboros/db-safety";
    import { MIGRATOR_ROLE } from "@oroboros/slot-contract";
    const { slots, server, control } = ${JSON.stringify(given)};
    const passwords = { api: "${PASSWORD}", worker: "${PASSWORD}" };
    await provisionServer({ superuserUrl: server, slots, passwords, slotPasswordKey: "${SLOT_KEY}" });
    const store = openControlStore({ databaseUrl: control, onError: console.error });
    await migrateControlStore(store.db, { owner: MIGRATOR_ROLE });
    await provisionSlots(store.db, slots);
    await provisionAccess({ superuserUrl: server });
    await store.close();`;
  const node = [process.execPath, "--conditions=oroboros-source", "--input-type=module", "--eval", program];
  await box.must(node, { cwd: join(REPOSITORY, "packages/operations") });
}
