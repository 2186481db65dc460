import { portListener, unitOfProcess } from "@oroboros/host";
import {
  apiPort,
  apiUnit,
  appBackendPort,
  appUnit,
  backendPort,
  backendUnit,
  caddyPort,
  caddyUnit,
  frontendPort,
  OperatorError,
  postgresPort,
  redisPort,
  slotIds,
  surfaceUnit,
  webMainPort,
  webMainUnit,
  workerPort,
  workerUnit,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { MASKED_UNITS, POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT } from "@oroboros/slot-contract/host";

/** Ports of the public sites, where the contract wants them (RFC 9110). */
const PUBLIC_PORTS = [80, 443];

/** A port of the contract, and the unit that alone may listen on it. */
export interface ContractPort {
  port: number;
  unit: string;
}

/** Who listens on a contract's port. */
export interface Listener extends ContractPort {
  command: string;
  pid: number | null;
  /** Of the listening process. */
  listensAs: string | undefined;
}

/** Every port that a host of this contract listens on. */
export function contractPorts(contract: RuntimeContract): ContractPort[] {
  return [
    { port: apiPort(contract), unit: apiUnit(contract) },
    { port: workerPort(contract), unit: workerUnit(contract) },
    { port: webMainPort(contract), unit: webMainUnit(contract) },
    { port: appBackendPort(contract), unit: appUnit(contract) },
    { port: caddyPort(contract), unit: caddyUnit(contract) },
    ...(contract.publicTls === false ? [] : PUBLIC_PORTS.map((port) => ({ port, unit: caddyUnit(contract) }))),
    { port: postgresPort(), unit: POSTGRES_CLUSTER_UNIT },
    { port: redisPort(), unit: REDIS_SERVER_UNIT },
    ...slotIds(contract).flatMap((slot) => [
      { port: frontendPort(contract, slot), unit: surfaceUnit(contract, slot) },
      { port: backendPort(contract, slot), unit: backendUnit(contract, slot) },
    ]),
  ];
}

export function observeListeners(ports: readonly ContractPort[]): Listener[] {
  return ports.flatMap(({ port, unit }) => {
    const listener = portListener(port);
    if (listener === undefined) return [];
    const { pid, command } = listener;
    return [{ port, unit, pid, command, listensAs: pid === null ? undefined : unitOfProcess(pid) }];
  });
}

/** PID 1 listens on the sockets that it starts services for; what installation stops is in nobody's way. */
const isForeign = ({ unit, pid, listensAs }: Listener): boolean =>
  pid !== 1 && listensAs !== unit && !MASKED_UNITS.some((masked) => masked === listensAs);

/** Whether somebody holds a port of whom nothing more is known, as of a process that is just ending. */
export const isUnsure = (listeners: readonly Listener[]): boolean =>
  listeners.some((listener) => listener.pid === null && isForeign(listener));

/**
 * `port_taken`, naming each port, whose it is and who holds it; undefined where all are free, or held by whom they belong to.
 *
 * @param installed the contract that runs here: its units have other names, or other ports, than those of a contract that was changed.
 */
export function takenError(listeners: readonly Listener[], installed?: RuntimeContract): OperatorError | undefined {
  const foreign = listeners.filter(isForeign);
  if (foreign.length === 0) return undefined;
  const named = foreign.map(
    ({ port, unit, command, pid, listensAs }) =>
      `${port} (${unit}) by ${command || "a process"} with pid ${pid ?? "unknown"}${listensAs === undefined ? "" : ` of ${listensAs}`}`,
  );
  const own = installed === undefined ? [] : contractPorts(installed).map(({ unit }) => unit);
  const [first] = foreign.toSorted((one, other) => Number(isOf(own, one)) - Number(isOf(own, other)));
  const hint =
    first === undefined || isOf(own, first)
      ? "Stop what this host runs by its installed contract with: ./scripts/runtime-down.sh; and type the command again."
      : `Stop what holds them, as with: ${stopping(first)}`;
  return new OperatorError("port_taken", `Ports are taken: ${named.join(", ")}.`, { hint });
}

const isOf = (units: readonly string[], { listensAs }: Listener): boolean =>
  listensAs !== undefined && units.includes(listensAs) && !DEBIANS.includes(listensAs);

const DEBIANS: readonly string[] = [POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT];

function stopping({ port, pid, listensAs }: Listener): string {
  if (listensAs?.endsWith(".service") === true) return `systemctl disable --now ${listensAs}`;
  return pid === null ? `the process that this shows: ss --listening --tcp --processes sport = ${port}` : `kill ${pid}`;
}
