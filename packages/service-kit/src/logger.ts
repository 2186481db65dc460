import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from "pino";

export type { Logger };

/**
 * One JSON line per event on stderr, written before the call returns: what a process says just before it dies is what an
 * operator needs most.
 */
export function createLogger(options: { service: string; to?: DestinationStream }): Logger {
  return pino(
    {
      base: { service: options.service },
      messageKey: "message",
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    options.to ?? destination({ dest: 2, sync: true }),
  );
}
