import { stat } from "node:fs/promises";
import { sendNotification } from "./send-notification.ts";
import type { SystemdVariables } from "./systemd-variables.ts";

/** What systemd is told about this process; where nobody wants to know it, every one of these does nothing. */
export interface Notifier {
  /**
   * The process serves from now on. Where the unit has a watchdog it is also told that the process is alive, at half of its time, while
   * the event loop turns, file operations come to an end and `isServing` says so.
   */
  ready(status: string, isServing: () => boolean): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  stopping(): void;
}

interface NotifierLog {
  warn(fields: object, message: string): void;
}

/** The notifier of a process with these variables of systemd's. A message that does not arrive is only logged. */
export function openNotifier(variables: SystemdVariables, log: NotifierLog): Notifier {
  const { notifySocket, watchdogMs } = variables;
  if (notifySocket === undefined) return { ready: nothing, status: nothing, stopping: nothing };
  const tell = (...messages: string[]): Promise<void> =>
    sendNotification(notifySocket, messages).catch((error: unknown) =>
      log.warn({ err: error, messages }, "systemd could not be told"),
    );
  // One after the other: what is sent last is what systemd knows last.
  let told: Promise<void> = Promise.resolve();
  const tellNext = (...messages: string[]): Promise<void> => {
    told = told.then(() => tell(...messages));
    return told;
  };
  return {
    ready: (status, isServing) => {
      void tellNext("READY=1", statusLine(status));
      if (watchdogMs === undefined) return;
      everyMs(watchdogMs / 2, async () => {
        if (isServing() && (await endFileOperation())) await tellNext("WATCHDOG=1");
      });
    },
    status: (text) => void tellNext(statusLine(text)),
    // At once: the process may be gone before whatever is on its way has arrived.
    stopping: () => void tell("STOPPING=1"),
  };
}

const nothing = (): void => undefined;

/** A line break would begin a message of its own. */
const statusLine = (text: string): string => `STATUS=${text.replaceAll(/\s+/g, " ")}`;

/** Resolves when one of the threads that all file operations share was free for this one; if all of them hang, never. */
async function endFileOperation(): Promise<boolean> {
  await stat("/");
  return true;
}

/** Calls `act` again and again, but never beside itself, and keeps no process alive. */
function everyMs(intervalMs: number, act: () => Promise<void>): void {
  let isActing = false;
  const timer = setInterval(() => {
    if (isActing) return;
    isActing = true;
    void act().finally(() => {
      isActing = false;
    });
  }, intervalMs);
  timer.unref();
}
