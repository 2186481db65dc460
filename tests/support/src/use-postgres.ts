import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { eventually } from "./eventually.ts";
import type {} from "./shared-postgres.ts";

export interface TestDatabase {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  /** As superuser. */
  readonly url: string;
}

/** Gives the calling test file a database of its own on the shared server; gone when the file ends. */
export function usePostgres(): TestDatabase {
  const server = inject("sharedPostgres");
  const name = `test_${randomBytes(6).toString("hex")}`;
  beforeAll(async () => {
    await execute(server.superuserUrl, `CREATE DATABASE ${name}`);
  });
  afterAll(() => dropWhenLeft(server.superuserUrl, name));
  const url = new URL(server.superuserUrl);
  url.pathname = `/${name}`;
  return { host: server.host, port: server.port, name, url: url.href };
}

/** A client that is still closing its connection would meet an error that nobody listens for, were the server to end it. */
async function dropWhenLeft(url: string, name: string): Promise<void> {
  const inside = `SELECT FROM pg_stat_activity WHERE datname = '${name}'`;
  const hasLeft = async (): Promise<boolean> => (await execute(url, inside)) === 0;
  // Whoever stays is put out.
  await eventually(hasLeft, { deadlineMs: 30_000 }).catch(() => undefined);
  await execute(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

/** Says how many rows there were. */
async function execute(url: string, statement: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows.length;
  } finally {
    await client.end();
  }
}
