import { apiHost, appHost, workerHost } from "../host-names.ts";
import { apiPort, appBackendPort, caddyPort, postgresPort, redisPort, webMainPort, workerPort } from "../ports.ts";
import type { RuntimeContract } from "../runtime-contract.ts";
import { apiUnit, appUnit, caddyUnit, POSTGRES_UNIT, REDIS_UNIT, webMainUnit, workerUnit } from "../unit-names.ts";

/** The documents' table of services, as the contract derives it. */
export const serviceRows = (contract: RuntimeContract): (string | number)[][] => [
  ["reverse proxy", `\`${caddyUnit(contract)}\``, caddyPort(contract), "all"],
  ["web-main", `\`${webMainUnit(contract)}\``, webMainPort(contract), `\`${appHost(contract)}\``],
  ["api", `\`${apiUnit(contract)}\``, apiPort(contract), `\`${apiHost(contract)}\``],
  ["worker", `\`${workerUnit(contract)}\``, workerPort(contract), `\`${workerHost(contract)}\``],
  [
    "backend of a foreign application",
    `\`${appUnit(contract)}\``,
    appBackendPort(contract),
    "through web-main's `/api`",
  ],
  ["postgres", `\`${POSTGRES_UNIT}\``, postgresPort(), "-"],
  ["redis", `\`${REDIS_UNIT}\``, redisPort(), "-"],
];
