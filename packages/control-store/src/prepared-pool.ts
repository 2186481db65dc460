import type { PostgresPool, PostgresPoolClient } from "kysely";
import type { Pool, PoolClient } from "pg";

/** A statement that a connection parses and plans once and then only executes, for what is asked many times a second. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/**
 * The pool as kysely uses it, with these statements prepared on each connection that executes them. Kysely names none of its
 * statements, so PostgreSQL would parse and plan each of them every time.
 */
export function preparedPool(pool: Pool, statements: readonly PreparedStatement[]): PostgresPool {
  const byText = new Map<unknown, PreparedStatement>(statements.map((statement) => [statement.text, statement]));
  // Kysely keeps something about each client it has seen.
  const seen = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    connect: async () => {
      const client = await pool.connect();
      const known = seen.get(client) ?? preparing(client, byText);
      seen.set(client, known);
      return known;
    },
    end: () => pool.end(),
  };
}

function preparing(client: PoolClient, byText: ReadonlyMap<unknown, PreparedStatement>): PostgresPoolClient {
  return {
    // A cursor comes alone; kysely is given none here.
    query: (text: unknown, values?: unknown) =>
      client.query((byText.get(text) ?? text) as string, values as unknown[]) as never,
    // The pool gives each lending a release of its own.
    release: (destroy) => client.release(destroy),
  };
}
