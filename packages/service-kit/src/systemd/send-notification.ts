/** Part of every systemd, at this place on every distribution that has merged /usr. */
const PROGRAM = "/usr/bin/systemd-notify";
/** systemd-notify waits until its message was read. */
const TIMEOUT_MS = 5_000;

/**
 * Tells systemd something about this process (sd_notify(3)), such as `READY=1`. The message goes over a datagram socket, which Node does
 * not have, so that a program brings it: the unit needs `NotifyAccess=all`.
 */
export async function sendNotification(notifySocket: string, messages: readonly string[]): Promise<void> {
  // Loaded only where it is used: most surfaces of an embedded installation never start a program.
  const { spawn } = process.getBuiltinModule("node:child_process");
  await new Promise<void>((resolve, reject) => {
    const child = spawn(PROGRAM, messages, {
      env: { NOTIFY_SOCKET: notifySocket },
      stdio: "ignore",
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      // systemd ends every process of a unit that it stops, this one too, and wants to hear no more of how the unit was.
      if (code === 0 || signal === "SIGTERM") resolve();
      else reject(new Error(`${PROGRAM} ended with ${signal ?? code}.`));
    });
  });
}
