import { Client } from "pg";

/** What each of the statements answers, over one connection that is closed again. */
export async function queryRows(databaseUrl: string, ...statements: string[]): Promise<unknown[][]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const answers: unknown[][] = [];
    for (const statement of statements) answers.push((await client.query(statement)).rows as unknown[]);
    return answers;
  } finally {
    await client.end();
  }
}
