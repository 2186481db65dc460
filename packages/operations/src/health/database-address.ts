/** Where a database URL leads, without the password. */
export interface DatabaseAddress {
  host: string;
  port: number;
  user: string;
  database: string;
}

const DEFAULT_PORT = 5432;

export function parseDatabaseAddress(databaseUrl: string): DatabaseAddress {
  const url = new URL(databaseUrl);
  return {
    host: url.hostname.replace(/^\[|\]$/g, "") || "127.0.0.1",
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
}
