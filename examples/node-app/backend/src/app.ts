import { createSlotHandlers, type SlotEnv } from "@oroboros/slot-contract/backend";
import { Hono } from "hono";
import { cors } from "hono/cors";
import type { Pool } from "pg";
import { itemRoutes } from "./item-routes.ts";
import { problem } from "./problem.ts";

/** The whole backend as one fetch handler: the slot's endpoints first, then the application's own. */
export function createApp(slot: SlotEnv, pool: Pool): Hono {
  const answerForSlot = createSlotHandlers(slot, (text, values) => pool.query(text, values));

  const app = new Hono();
  app.use(cors({ origin: slot.corsAllowedOrigins }));
  app.use(async (c, next) => (await answerForSlot(c.req.raw)) ?? next());
  app.route("/api/items", itemRoutes(pool));
  app.notFound((c) => problem(404, "not_found", `Nothing answers ${c.req.method} ${c.req.path}.`));
  app.onError((error) => {
    console.error(error);
    return problem(500, "internal_error", "The backend failed to answer. Its log says why.");
  });
  return app;
}
