import { migrateControlStore, openControlStore, provisionSlots } from "@oroboros/control-store";
import { provisionAccess, provisionServer } from "@oroboros/db-safety";
import { postgresProbe } from "@oroboros/health-probe/postgres";
import { removeTree } from "@oroboros/host";
import { installQueueSchema } from "@oroboros/run-queue";
import {
  API_ROLE,
  CONTROL_DATABASE,
  embeddedPostgresPort,
  MIGRATOR_ROLE,
  postgresDataPath,
  slotIds,
  WORKER_ROLE,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { createAccessToken, type AccessToken } from "../access/create-access-token.ts";
import { postgresSocketPath } from "./embedded-installation.ts";
import { type InstallationSecrets } from "./environment-files.ts";
import { awaitPostgres } from "./await-services.ts";
import type { UpRequest } from "./up-embedded.ts";

/** Roles, databases, tables, queue and first tokens, written by the superuser, whose password is forgotten afterwards. */
export async function provisionEmbedded(
  request: UpRequest,
  secrets: InstallationSecrets,
): Promise<{ operator: AccessToken; agent: AccessToken }> {
  const { contract, onStage } = request;
  const superuser = (database: string): string => superuserUrl(contract, secrets.superuserPassword, database);
  await awaitPostgres(request, postgresProbe({ name: "postgres", connectionString: superuser("postgres") }));
  onStage("creating roles and databases");
  await provisionServer({
    superuserUrl: superuser("postgres"),
    slots: slotIds(contract),
    passwords: { api: secrets.apiPassword, worker: secrets.workerPassword },
    slotPasswordKey: secrets.slotPasswordKey,
  });
  onStage("migrating the control database");
  const control = openControlStore({
    databaseUrl: superuser(CONTROL_DATABASE),
    onError: (error) => onStage(String(error)),
  });
  try {
    await migrateControlStore(control.db, { owner: MIGRATOR_ROLE });
    await provisionSlots(control.db, slotIds(contract));
    await provisionAccess({ superuserUrl: superuser("postgres") });
    await installQueueSchema(superuser(CONTROL_DATABASE), [API_ROLE, WORKER_ROLE]);
    return {
      operator: await createAccessToken({ store: control.db }, { role: "operator", label: "installation: operator" }),
      agent: await createAccessToken({ store: control.db }, { role: "agent", label: "installation: agent" }),
    };
  } finally {
    await control.close();
    await removeTree(`${postgresDataPath(contract)}.password`);
  }
}

function superuserUrl(contract: RuntimeContract, password: string, database: string): string {
  const socket = encodeURIComponent(postgresSocketPath(contract));
  return `postgresql://postgres:${password}@127.0.0.1:${embeddedPostgresPort(contract)}/${database}?host=${socket}`;
}
