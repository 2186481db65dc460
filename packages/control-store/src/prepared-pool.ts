import type { PostgresPool, PostgresPoolClient } from "kysely";
import type { Pool, PoolClient } from "pg";
import { executePrepared } from "./execute-prepared.ts";

/** PostgreSQL, appendix A: no connection could be made, and one that was made failed. */
const NO_CONNECTION = "08001";
const LOST_CONNECTION = "08006";

/**
 * A statement that a connection parses and plans once and then only executes, for what is asked many times a second. It takes text and
 * numbers, and answers no rows.
 */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/**
 * The pool as kysely uses it, with these statements prepared on each connection that executes them. Kysely names none of its
 * statements, so PostgreSQL would parse and plan each of them every time. Whatever fails for want of a connection has a code of
 * class 08, or the socket's.
 */
export function preparedPool(pool: Pool, statements: readonly PreparedStatement[]): PostgresPool {
  const byText = new Map<unknown, PreparedStatement>(statements.map((statement) => [statement.text, statement]));
  // Kysely keeps something about each client it has seen.
  const seen = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    connect: async () => {
      const client = await coded(pool.connect(), NO_CONNECTION, () => true);
      const known = seen.get(client) ?? preparing(client, byText);
      seen.set(client, known);
      return known;
    },
    end: () => pool.end(),
  };
}

function preparing(client: PoolClient, byText: ReadonlyMap<unknown, PreparedStatement>): PostgresPoolClient {
  let isLost = false;
  for (const event of ["error", "end"] as const) client.once(event, () => (isLost = true));
  return {
    // A cursor comes alone; kysely is given none here.
    query: (text: unknown, values?: unknown) => {
      const statement = byText.get(text);
      const asked =
        statement === undefined
          ? client.query(text as string, values as unknown[])
          : executePrepared(client, statement, values as unknown[]);
      return coded(asked, LOST_CONNECTION, () => isLost) as never;
    },
    // The pool gives each lending a release of its own.
    release: (destroy) => client.release(destroy),
  };
}

/** Gives what pg, or the system, says of a connection the code that PostgreSQL would give it: pg's own errors are English alone. */
async function coded<T>(asked: Promise<T>, code: string, isOfConnection: () => boolean): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && isUncoded(error) && isOfConnection()) Object.assign(error, { code });
    throw error;
  }
}

/** A socket may be reset before pg has read why PostgreSQL ended it. */
const isUncoded = (error: Error): boolean =>
  !("code" in error) || error.code === undefined || error.code === "ECONNRESET" || error.code === "EPIPE";
