import { createAdaptorServer } from "@hono/node-server";
import { readSlotEnv } from "@oroboros/slot-contract/backend";
import { Pool } from "pg";
import { createApp } from "./app.ts";

const DRAIN_MS = 5_000;

const slot = readSlotEnv(process.env);
const pool = new Pool({ connectionString: slot.databaseUrl, max: 5 });
// An idle connection that the server ends must not end this process.
pool.on("error", (error) => console.error(`database connection lost: ${error.message}`));

const server = createAdaptorServer({ fetch: createApp(slot, pool).fetch });
server.listen(slot.port, "127.0.0.1", () => console.log(`${slot.slotId} listens on ${slot.port}`));

process.once("SIGTERM", () => {
  const deadline = setTimeout(() => process.exit(1), DRAIN_MS);
  server.close(async () => {
    await pool.end();
    clearTimeout(deadline);
  });
});
