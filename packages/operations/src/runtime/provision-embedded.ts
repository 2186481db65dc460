import { migrateControlStore, openControlStore, provisionSlots } from "@oroboros/control-store";
import { provisionServer } from "@oroboros/db-safety";
import { runGate, type Probe } from "@oroboros/health-probe";
import { postgresProbe } from "@oroboros/health-probe/postgres";
import { removeTree } from "@oroboros/host";
import { installQueueSchema } from "@oroboros/run-queue";
import {
  API_ROLE,
  CONTROL_DATABASE,
  embeddedPostgresPort,
  MIGRATOR_ROLE,
  OperatorError,
  postgresDataPath,
  serviceLog,
  slotIds,
  WORKER_ROLE,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { createAccessToken } from "../access/create-access-token.ts";
import { postgresSocketPath } from "./embedded-installation.ts";
import { type InstallationSecrets } from "./environment-files.ts";
import type { EmbeddedRuntime, UpRequest } from "./up-embedded.ts";

const START_POLICY = { deadlineMs: 30_000, intervalMs: 20, consecutivePasses: 1 };

/** Roles, databases, tables, queue and first tokens, written by the superuser, whose password is forgotten afterwards. */
export async function provisionEmbedded(
  request: UpRequest,
  secrets: InstallationSecrets,
): Promise<EmbeddedRuntime["tokens"]> {
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

async function awaitPostgres({ clock, contract }: UpRequest, probe: Probe): Promise<void> {
  const gate = await runGate({ probes: [probe], policy: START_POLICY, clock });
  if (gate.passed) return;
  throw new OperatorError(
    "start_failed",
    `PostgreSQL did not start: ${gate.answers.map(({ detail }) => detail).join(", ")}.`,
    {
      hint: `Read its log: ${serviceLog(contract, "postgres")}.`,
    },
  );
}
