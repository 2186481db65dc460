import pg from "pg";
import { describeFailure, healthy, unhealthy, type Probe, type ProbeAnswer } from "../probe.ts";

// The signal answers the caller; this bounds how long a socket to a silent server stays behind it.
const GIVE_UP_MS = 5000;

/** Content when the server lets this role into this database and answers a query. Never says the connection string. */
export function postgresProbe(probe: { name: string; connectionString: string }): Probe {
  const check = async (signal: AbortSignal): Promise<ProbeAnswer> => {
    const client = new pg.Client({
      connectionString: probe.connectionString,
      connectionTimeoutMillis: GIVE_UP_MS,
      query_timeout: GIVE_UP_MS,
    });
    // A connection that breaks after the answer has nobody left to tell; without a listener it would end the process.
    client.on("error", () => undefined);
    const answer = await Promise.race([askDatabase(client), whenAborted(signal)]);
    void client.end();
    return answer;
  };
  return { name: probe.name, check };
}

async function askDatabase(client: pg.Client): Promise<ProbeAnswer> {
  try {
    await client.connect();
    const { rows } = await client.query<{ database: string }>("select current_database() as database");
    return healthy(`${rows[0]?.database} answers`);
  } catch (error) {
    return unhealthy(`The database does not answer: ${describeFailure(error)}`);
  }
}

function whenAborted(signal: AbortSignal): Promise<ProbeAnswer> {
  const answer = unhealthy("The database did not answer in time");
  if (signal.aborted) return Promise.resolve(answer);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(answer), { once: true }));
}
