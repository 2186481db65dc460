import { apiVariables } from "../env/api.ts";
import { devVariables } from "../env/dev.ts";
import { installationVariables } from "../env/installation.ts";
import { slotBackendVariables } from "../env/slot-backend.ts";
import { webSurfaceVariables } from "../env/web-surface.ts";
import { workerVariables } from "../env/worker.ts";

/** What each process reads. */
export const PROCESS_VARIABLES = {
  "Every process": installationVariables,
  "api (`api.env`)": only(apiVariables),
  "worker (`worker.env`)": only(workerVariables),
  "web surface (`web-preview<n>.env`)": only(webSurfaceVariables),
  "slot backend": slotBackendVariables,
  "a developer's machine": only(devVariables),
} as const;

type Variables = typeof installationVariables &
  typeof apiVariables &
  typeof workerVariables &
  typeof webSurfaceVariables &
  typeof slotBackendVariables;

/** Kept apart from the schemas, so that nobody who imports them carries the words along. */
export const VARIABLE_DESCRIPTIONS: Record<keyof Variables, string> = {
  OROBOROS_ROOT: "directory that stands for `/`; default `/`.",
  OROBOROS_PORT_OFFSET: "added to every port of ours; default 0.",
  OROBOROS_DOMAIN: "what `app.`, `api.` and `worker.` stand below; default `example.com`.",
  OROBOROS_PREVIEW_DOMAIN: "what the previews' hosts stand below; default the domain.",
  OROBOROS_UNIT_PREFIX: "what the name of every unit starts with; default `ouroboros`.",
  OROBOROS_CORS_ORIGINS: "comma-separated origins allowed beside the app's, the previews' and the local ports'.",
  OROBOROS_SERVICE_MANAGER: "`process` or `systemd`: who starts the slots' processes; default `process`.",
  SLOT_IDS_CSV:
    "the slots of this host, `preview-1` to `preview-<n>` in order; one that is left out is granted to nobody from the worker's next start on.",
  DATABASE_URL:
    "the process's own database, `postgresql://` or `postgresql+psycopg://`; for a slot's backend its slot's.",
  OROBOROS_LOOPBACK_IDENTITY:
    "`on` or `off`: whether root and members of `oroboros-operators` pass without a token on loopback; only for where branch code runs as users of its own; default `off`.",
  REDIS_URL: "the queue's Redis; without it the queue lives in the control database.",
  WORKER_POLL_INTERVAL_SECONDS: "period of the reconciler.",
  WORKER_RUN_TIMEOUT_SECONDS:
    "how long one publish may take, whoever works on it; what is over it fails with `AGENT_TIMEOUT`. Default 3600.",
  WORKER_ARTIFACT_MAX_AGE_DAYS: "evidence of a run that ended longer ago is removed. Default 30.",
  WORKER_ARTIFACT_BUDGET_MB: "the oldest ended runs' evidence is removed while all of it is larger. Default 2048.",
  WORKER_CACHE_BUDGET_MB:
    "stores of packages that main no longer uses are removed while all of them are larger. Default 4096.",
  WORKER_HEALTH_PORT: "where the worker answers `/health`.",
  PREVIEW_BACKEND_DATABASE_URL_TEMPLATE:
    "a claim about where slot databases are, `{slot}` being the slot's number; a wrong host, port or database is refused, user and password are ignored.",
  SLOT_DATABASE_PASSWORD_KEY: "secret from which the passwords of the slots' roles are derived, 64 hexadecimal digits.",
  WORKER_PREVIEW_WEB_ROOT_TEMPLATE:
    "a claim: the static root of every slot. Default `/srv/oroboros/current/infra/web-preview-{slot}`.",
  WORKER_PREVIEW_RUNTIME_SCRIPTS_DIR:
    "where an operator's replacement of the backend script is looked for. Default `/srv/oroboros/current/scripts`.",
  WORKER_SLOT_API_DIRECT_TEMPLATE:
    "a claim: the backend of every slot. Default `http://127.0.0.1:810{slot}`, which is port 8100 plus the slot's number, beyond 9 as well.",
  WORKER_SLOT_PREVIEW_HOST_TEMPLATE: "a claim: the host of every slot. Default `preview{slot}.example.com`.",
  DEPLOY_BACKEND_RELOAD_CMD:
    "what an approved merge runs: argv split on single spaces, `{commit_sha}` the only placeholder. Default `<scripts>/deploy.sh {commit_sha}`.",
  DEPLOY_BACKEND_HEALTHCHECK_CMD: "the gate after it. Default `<scripts>/runtime-health-check.sh --scope production`.",
  DEPLOY_GIT_PUSH_MODE: "`manual` (default: skip and record), `auto` or `dry-run`.",
  WEB_ROOT: "directory that is served; not another slot's.",
  WEB_PORT: "the slot's own port; the slot is derived from it.",
  WEB_API_PROXY_TARGET: "upstream of `/api`: the slot's own backend and no other.",
  SLOT_ID: "canonical slot id.",
  SLOT_NUM: "its number.",
  SLOT_BACKEND_PORT: "port to listen on, on 127.0.0.1.",
  SLOT_DB_NAME: "name of the slot's database.",
  SLOT_WORKTREE_PATH: "the checked-out branch.",
  SLOT_COMMIT_SHA: "its commit.",
  CORS_ALLOWED_ORIGINS: "comma-separated origins whose pages may call the backend directly.",
};

/** Without what every process reads. */
function only<Read extends object>(variables: Read): Omit<Read, keyof typeof installationVariables> {
  const shared = Object.keys(installationVariables);
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !shared.includes(name))) as Omit<
    Read,
    keyof typeof installationVariables
  >;
}
