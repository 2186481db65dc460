import { chmod, mkdir, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  createRun,
  findRun,
  listArtifacts,
  listEvents,
  migrateControlStore,
  openControlStore,
  provisionSlots,
  type Run,
  type StoredEvent,
} from "@oroboros/control-store";
import { provisionAccess, provisionServer } from "@oroboros/db-safety";
import { removeTree } from "@oroboros/host";
import { installQueueSchema } from "@oroboros/run-queue";
import {
  API_ROLE,
  artifactsPath,
  commitShaSchema,
  CONTROL_DATABASE,
  defineContract,
  MIGRATOR_ROLE,
  parseArtifactUri,
  repoPath,
  slotIds,
  surfacesPath,
  WORKER_ROLE,
  workerPort,
  type ArtifactType,
  type CommitSha,
  type RunId,
  type RuntimeContract,
  type SlotId,
} from "@oroboros/slot-contract";
import {
  installationEnvironment,
  workerEnvironmentSchema,
  type WorkerEnvironment,
} from "@oroboros/slot-contract/environments";
import {
  scratchGitRepo,
  releasePortOffset,
  startPostgres,
  takePortOffset,
  type ScratchGitRepo,
  type TestPostgres,
} from "@oroboros/test-support";
import { openContext, type Clock, type Context } from "../context.ts";

const PASSWORDS = { api: "test-api", worker: "test-worker" };
/** As it is in the checkout: there is no release. */
const GUARD = [
  process.execPath,
  "--conditions=oroboros-source",
  resolve(import.meta.dirname, "../../../db-safety/src/guard/main.ts"),
] as const;
const SLOT_PASSWORD_KEY = "5a".repeat(32);

/** An installation's directories, database server and repository, and the worker's context on them. */
export interface TestWorld extends AsyncDisposable {
  readonly contract: RuntimeContract;
  readonly slot: SlotId;
  readonly other: SlotId;
  readonly env: WorkerEnvironment;
  readonly context: Context;
  /** For what only whoever has the server can do. */
  superuserUrl(database?: string): string;
  /** Commits the files on top of main as the branch's head and pushes it; main comes first. */
  push(branch: string, files: Record<string, string>): Promise<CommitSha>;
  queueRun(source: { branch?: string; commitSha?: CommitSha }): Promise<RunId>;
  run(runId: RunId): Promise<Run>;
  events(runId: RunId): Promise<StoredEvent[]>;
  /** What a run left as its artifact of this type. */
  evidence(runId: RunId, type: ArtifactType): Promise<string>;
}

export async function aWorld(): Promise<TestWorld> {
  await using started = new AsyncDisposableStack();
  const portOffset = await takePortOffset();
  started.defer(() => releasePortOffset(portOffset));
  const root = await mkdtemp(join(tmpdir(), "oroboros-operations-"));
  started.defer(() => removeTree(root));
  await chmod(root, 0o755);
  const contract = defineContract({ root, slotCount: 2, portOffset });
  for (const path of [artifactsPath(contract), surfacesPath(contract)]) await mkdir(path, { recursive: true });
  const repository = started.use(await scratchGitRepo());
  const postgres = started.adopt(await startPostgres(), ({ stop }) => stop());
  await provision(postgres, contract);
  await repository.git("init", "--quiet", "--bare", "--initial-branch=main", repoPath(contract));
  const env = workerEnvironment(contract, postgres.port);
  const opened = openContext(env, { fetch, clock, log: silent, migrationGuard: GUARD });
  const context = started.adopt(opened, () => opened.close());
  const [slot, other] = slotIds(contract);
  if (slot === undefined || other === undefined) throw new Error("two slots were asked for");
  const all = started.move();
  return {
    contract,
    slot,
    other,
    env,
    context,
    superuserUrl: postgres.superuserUrl,
    push: (branch, files) => push(repository, repoPath(contract), branch, files),
    ...runsOf(context),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function provision(postgres: TestPostgres, contract: RuntimeContract): Promise<void> {
  const slots = slotIds(contract);
  const superuserUrl = postgres.superuserUrl();
  await provisionServer({ superuserUrl, slots, passwords: PASSWORDS, slotPasswordKey: SLOT_PASSWORD_KEY });
  const databaseUrl = postgres.superuserUrl(CONTROL_DATABASE);
  const control = openControlStore({ databaseUrl, onError: rethrow });
  await migrateControlStore(control.db, { owner: MIGRATOR_ROLE });
  await provisionSlots(control.db, slots);
  await provisionAccess({ superuserUrl });
  await control.close();
  await installQueueSchema(databaseUrl, [API_ROLE, WORKER_ROLE]);
}

function workerEnvironment(contract: RuntimeContract, postgresPort: number): WorkerEnvironment {
  return workerEnvironmentSchema.parse({
    ...installationEnvironment(contract),
    DATABASE_URL: `postgresql://${WORKER_ROLE}:${PASSWORDS.worker}@127.0.0.1:${postgresPort}/${CONTROL_DATABASE}`,
    WORKER_POLL_INTERVAL_SECONDS: "1",
    WORKER_HEALTH_PORT: String(workerPort(contract)),
    PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: `postgresql+psycopg://slot@127.0.0.1:${postgresPort}/app_preview_{slot}`,
    SLOT_DATABASE_PASSWORD_KEY: SLOT_PASSWORD_KEY,
  });
}

async function push(
  repository: ScratchGitRepo,
  to: string,
  branch: string,
  files: Record<string, string>,
): Promise<CommitSha> {
  if (branch !== "main") await repository.git("checkout", "--quiet", "-B", branch, "main");
  const sha = commitShaSchema.parse(await repository.commit({ ...files, BRANCH: branch }, branch));
  await repository.git("push", "--quiet", "--force", to, `HEAD:refs/heads/${branch}`);
  return sha;
}

function runsOf(context: Context): Pick<TestWorld, "queueRun" | "run" | "events" | "evidence"> {
  const { store, contract } = context;
  return {
    queueRun: async ({ branch = null, commitSha = null }: { branch?: string | null; commitSha?: CommitSha | null }) => {
      const run = { title: branch ?? "main", prompt: "", branch, commitSha, createdBy: null };
      return (await createRun(store, run)).runId;
    },
    run: async (runId) => {
      const run = await findRun(store, runId);
      if (run === undefined) throw new Error(`there is no run ${runId}`);
      return run;
    },
    events: (runId) => listEvents(store, { runId, sinceId: "0", limit: 1_000 }),
    evidence: async (runId, type) => {
      const artifact = (await listArtifacts(store, runId)).find(({ artifactType }) => artifactType === type);
      if (artifact === undefined) throw new Error(`the run left no ${type}`);
      const { file } = parseArtifactUri(artifact.uri) ?? {};
      return readFile(`${artifactsPath(contract)}/${runId}/${file}`, "utf8");
    },
  };
}

const rethrow = (error: unknown): never => {
  throw error;
};

const clock: Clock = {
  now: () => performance.now(),
  today: () => new Date(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch(() => undefined);
  },
};

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
