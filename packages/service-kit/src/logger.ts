import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from "pino";

export type { Logger };

/** What waits for a full disk to have room again; what is said beyond that is lost. */
const MAX_WAITING_BYTES = 1_048_576;

/**
 * One JSON line per event on stderr, written before the call returns: what a process says just before it dies is what an
 * operator needs most. Where stderr can not be written, the process goes on.
 */
export function createLogger(options: { service: string; to?: DestinationStream }): Logger {
  return pino(
    {
      base: { service: options.service },
      messageKey: "message",
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    options.to ?? stderr(),
  );
}

function stderr(): DestinationStream {
  const stream = destination({ dest: 2, sync: true, maxLength: MAX_WAITING_BYTES });
  // An error that nobody listens to is thrown, here from the midst of whatever was worth a line.
  stream.on("error", () => undefined);
  return stream;
}
