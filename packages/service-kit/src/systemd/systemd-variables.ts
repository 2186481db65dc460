/** What systemd tells a process that it starts: sd_listen_fds(3), sd_notify(3) and sd_watchdog_enabled(3). */
export interface SystemdVariables {
  /** How many sockets this process was given, from descriptor 3 on; undefined where none are meant for it. */
  readonly sockets: string | undefined;
  /** Where systemd hears how the process is; undefined where nobody listens. */
  readonly notifySocket: string | undefined;
  /** The process is restarted when it says nothing for as long. */
  readonly watchdogMs: number | undefined;
}

const NAMES = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

/**
 * Reads the variables and removes them from the environment: they are this process's, and a child that had them could speak for it.
 * `environment` is changed.
 */
export function takeSystemdVariables(environment: Record<string, string | undefined>, pid: number): SystemdVariables {
  const { LISTEN_FDS, LISTEN_PID, NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
  for (const name of NAMES) delete environment[name];
  const own = String(pid);
  const watchdogMs = Number(WATCHDOG_USEC) / 1_000;
  const isWatched = watchdogMs > 0 && (WATCHDOG_PID === undefined || WATCHDOG_PID === own);
  return {
    sockets: LISTEN_PID === own ? (LISTEN_FDS ?? "0") : undefined,
    notifySocket: NOTIFY_SOCKET === "" ? undefined : NOTIFY_SOCKET,
    watchdogMs: isWatched ? watchdogMs : undefined,
  };
}
