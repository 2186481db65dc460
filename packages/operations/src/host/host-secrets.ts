import { randomSecret } from "@oroboros/host";
import {
  API_ROLE,
  CONTROL_DATABASE,
  etcPath,
  normalizePostgresUrl,
  OperatorError,
  postgresPort,
  WORKER_ROLE,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { variablesOf } from "./files/env-text.ts";

const PASSWORD_BYTES = 24;
const KEY_BYTES = 32;

/** What provisioning gives to PostgreSQL, as it stands in the env files. */
export interface HostSecrets {
  passwords: { api: string; worker: string };
  slotPasswordKey: string;
}

/** Secrets by the env file that they stand in; no other file has any. */
export type SecretsByFile = Readonly<Record<string, Readonly<Record<string, string>>>>;

const apiEnvFile = (contract: RuntimeContract): string => `${etcPath(contract)}/api.env`;
export const workerEnvFile = (contract: RuntimeContract): string => `${etcPath(contract)}/worker.env`;

/**
 * The secrets of a host: those that its env files have, and new ones for what is missing there.
 *
 * @throws OperatorError `invalid_environment` for a DATABASE_URL that is not the one of its process.
 */
export function hostSecrets(
  contract: RuntimeContract,
  textOf: (path: string) => string | undefined,
): { secrets: HostSecrets; byFile: SecretsByFile } {
  const [apiFile, workerFile] = [apiEnvFile(contract), workerEnvFile(contract)];
  const worker = variablesOf(textOf(workerFile));
  const passwords = {
    api: passwordIn(apiFile, variablesOf(textOf(apiFile))["DATABASE_URL"], API_ROLE),
    worker: passwordIn(workerFile, worker["DATABASE_URL"], WORKER_ROLE),
  };
  const slotPasswordKey = worker["SLOT_DATABASE_PASSWORD_KEY"] ?? randomSecret(KEY_BYTES);
  return {
    secrets: { passwords, slotPasswordKey },
    byFile: {
      [apiFile]: { DATABASE_URL: databaseUrl(API_ROLE, passwords.api) },
      [workerFile]: {
        DATABASE_URL: databaseUrl(WORKER_ROLE, passwords.worker),
        SLOT_DATABASE_PASSWORD_KEY: slotPasswordKey,
      },
    },
  };
}

const databaseUrl = (role: string, password: string): string =>
  `postgresql://${role}:${encodeURIComponent(password)}@127.0.0.1:${postgresPort()}/${CONTROL_DATABASE}`;

/** The password in an env file's DATABASE_URL, or a new one where it has none. */
function passwordIn(file: string, url: string | undefined, role: string): string {
  if (url === undefined) return randomSecret(PASSWORD_BYTES);
  const parsed = URL.parse(normalizePostgresUrl(url));
  const address = parsed === null ? "" : `${parsed.hostname}:${parsed.port}${parsed.pathname}`;
  const isOurs = parsed?.username === role && address === `127.0.0.1:${postgresPort()}/${CONTROL_DATABASE}`;
  if (parsed !== null && isOurs && parsed.password !== "") return decodeURIComponent(parsed.password);
  throw new OperatorError(
    "invalid_environment",
    `DATABASE_URL in ${file} does not log ${role} into ${CONTROL_DATABASE} on 127.0.0.1:${postgresPort()} with a password.`,
    { hint: `Remove the line from ${file}, and type the command again: it makes another password.` },
  );
}
