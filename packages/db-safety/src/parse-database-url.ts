import { normalizePostgresUrl, OperatorError, type ErrorCode } from "@oroboros/slot-contract";

/** A database URL taken apart; nothing in it is proven yet. */
type DatabaseUrl = Readonly<{
  user: string | undefined;
  password: string | undefined;
  host: string;
  port: number | undefined;
  database: string | undefined;
}>;

type Refuse = (code: ErrorCode, problem: string) => OperatorError;

const USERINFO =
  /^((?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+)(?::((?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})*))?$/;
const WITH_PASSWORD = "postgresql://user:password@host:port/database and nothing else";
const HOST_AND_PORT = /^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([1-9][0-9]{0,4}))?$/;
const DATABASE = /^[A-Za-z0-9_$-]+$/;
const MAX_PORT = 65_535;
const MAX_LENGTH = 1_024;
/** Also the invisible: characters that join, turn the direction of writing, or are half of a pair. */
const CONTROL_OR_SPACE = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}]/u;
/** Decoded by drivers, and in the wire protocol a NUL ends the value. */
const ENCODED_CONTROL = /%(?:[01][0-9A-Fa-f]|7F)/i;

/**
 * Reads the one spelling of a database URL in which every driver sees the same target. Drivers disagree on the rest of the
 * grammar (several hosts, parameters that override the path, percent-encoded names, sockets), so all of it is refused.
 *
 * @param variable where the URL came from, for messages. They never repeat a user, a password or a piece that may hold one.
 * @param form how it is to be written, for hints.
 * @throws OperatorError `control_character`, `unsupported_scheme`, `query_override`, `multi_host` or `invalid_url`.
 */
export function parseDatabaseUrl(url: string, variable: string, form = WITH_PASSWORD): DatabaseUrl {
  const refuse: Refuse = (code, problem) =>
    new OperatorError(code, `${variable} ${problem}.`, {
      hint: `Write ${variable} as ${form}.`,
    });
  const rest = withoutScheme(url, refuse);
  if (rest.includes("?")) throw refuse("query_override", "has parameters, which can override the target");

  const [, authority = "", path] = /^([^/]*)(?:\/(.*))?$/.exec(rest) ?? [];
  const at = authority.lastIndexOf("@");
  const address = authority.slice(at + 1);
  if (address.includes(",")) throw refuse("multi_host", "names more than one host");
  const target = HOST_AND_PORT.exec(address);
  if (target?.[1] === undefined || Number(target[2] ?? 1) > MAX_PORT)
    throw refuse("invalid_url", "has no plain host and port");
  const user = at === -1 ? undefined : USERINFO.exec(authority.slice(0, at));
  if (user === null || !isDecodable(user?.[0])) {
    throw refuse("invalid_url", "has a user or password with characters that need percent-encoding");
  }
  const database = path === undefined || path === "" ? undefined : path;
  if (database !== undefined && !DATABASE.test(database)) throw refuse("invalid_url", "has no plain database name");
  return {
    user: user?.[1],
    password: user?.[2],
    host: target[1],
    port: target[2] === undefined ? undefined : Number(target[2]),
    database,
  };
}

function withoutScheme(url: string, refuse: Refuse): string {
  if (url.length > MAX_LENGTH) throw refuse("invalid_url", `is longer than ${MAX_LENGTH} characters`);
  if (CONTROL_OR_SPACE.test(url) || ENCODED_CONTROL.test(url)) {
    throw refuse("control_character", "contains a space or a control character");
  }
  const rest = /^postgresql:\/\/(.*)$/.exec(normalizePostgresUrl(url))?.[1];
  if (rest !== undefined) return rest;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url)) throw refuse("unsupported_scheme", "is not a postgresql:// URL");
  throw refuse("invalid_url", "is not a URL");
}

/** `%ff` is no character: whoever decodes it later would throw the whole of it. */
function isDecodable(text = ""): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
