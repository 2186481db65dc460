import { OperatorError } from "@oroboros/slot-contract";
import { parseDatabaseUrl } from "./parse-database-url.ts";

/** The server slot databases live on. It comes from the worker's own setting and is trusted; nothing a run says changes it. */
export type SlotServer = Readonly<{
  host: string;
  port: number;
  /** Carries the worker's password, so it is left out when the server is printed or serialized. */
  workerUrl: string;
  /** How many bytes are free where the server keeps its databases; undefined where nobody can tell. */
  freeBytes?: () => Promise<number | undefined>;
}>;

/**
 * @param workerDatabaseUrl the worker's `DATABASE_URL`.
 * @throws OperatorError `invalid_url` and the other codes of an unreadable URL.
 */
export function slotServer(workerDatabaseUrl: string, disk: Pick<SlotServer, "freeBytes"> = {}): SlotServer {
  const { host, port, user, database } = parseDatabaseUrl(workerDatabaseUrl, "DATABASE_URL");
  if (user === undefined || port === undefined || database === undefined) {
    throw new OperatorError("invalid_url", "DATABASE_URL names no user, port or database.", {
      hint: "Write DATABASE_URL as postgresql://user:password@host:port/database.",
    });
  }
  const server = { ...disk, host, port, workerUrl: workerDatabaseUrl };
  return Object.defineProperty(server, "workerUrl", { enumerable: false });
}
