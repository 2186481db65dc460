import type { Log } from "./context.ts";

/** A log whose every line has these fields. */
export const logWith = (log: Log, fields: object): Log => ({
  info: (more, message) => log.info({ ...fields, ...more }, message),
  warn: (more, message) => log.warn({ ...fields, ...more }, message),
  error: (more, message) => log.error({ ...fields, ...more }, message),
});
