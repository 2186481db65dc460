import { OperatorError } from "@oroboros/slot-contract";
import { openSession, type Session } from "../session.ts";

/** How the installation reaches the server as its superuser, and where everyone else reaches it. */
type SuperuserAccess = Readonly<{
  /** A directory for a socket: an installation refuses its superuser over TCP. */
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}>;

/** @throws OperatorError `invalid_url`, `unreachable`. */
export function openAsSuperuser(superuserUrl: string, database?: string): Promise<Session> {
  const { user, ...access } = superuserAccess(superuserUrl);
  return openSession({
    ...access,
    database: database ?? access.database,
    login: user,
    searchPath: "pg_catalog",
    systemIdentifier: null,
    slot: null,
  });
}

/**
 * Reads the installation's own URL, which is trusted: unlike a claim it may name a socket, as `?host=/directory`.
 *
 * @throws OperatorError `invalid_url`, without repeating the URL.
 */
function superuserAccess(superuserUrl: string): SuperuserAccess {
  const url = URL.parse(superuserUrl);
  if (url === null || url.hostname === "" || url.port === "" || url.username === "" || url.pathname.length < 2) {
    throw new OperatorError(
      "invalid_url",
      "The superuser's URL is unreadable or names no host, port, user or database.",
      {
        hint: "Write it as postgresql://user:password@host:port/postgres, for a socket with ?host=/directory.",
      },
    );
  }
  return {
    host: url.searchParams.get("host") ?? url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
}
