import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, inject } from "vitest";
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
  beforeAll(() => execute(server.superuserUrl, `CREATE DATABASE ${name}`));
  afterAll(() => execute(server.superuserUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  const url = new URL(server.superuserUrl);
  url.pathname = `/${name}`;
  return { host: server.host, port: server.port, name, url: url.href };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
