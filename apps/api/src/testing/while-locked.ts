import { Client } from "pg";

/** Does something while another session holds what these statements lock, and lets go of it then. */
export async function whileLocked<T>(databaseUrl: string, lock: string, act: () => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("begin");
    await client.query(lock);
    return await act();
  } finally {
    await client.end();
  }
}
