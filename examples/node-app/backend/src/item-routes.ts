import { Hono, type Context } from "hono";
import type { Pool } from "pg";
import { z } from "zod";
import { problem } from "./problem.ts";

const AREAS = ["design", "build", "docs", "launch"] as const;
const newItem = z.strictObject({ title: z.string().trim().min(1).max(200), area: z.enum(AREAS).default("build") });
const itemChange = z.strictObject({ done: z.boolean() });
const itemId = z.coerce.number().int().positive().max(2_147_483_647);

const COLUMNS = "id, title, area, done, created_at";

export function itemRoutes(pool: Pool): Hono {
  const routes = new Hono();

  routes.get("/", async (c) => {
    const { rows } = await pool.query(`select ${COLUMNS} from items order by id`);
    return c.json({ items: rows });
  });

  routes.post("/", async (c) => {
    const item = newItem.safeParse(await readJson(c));
    if (!item.success) return invalid(item.error);
    const { rows } = await pool.query(`insert into items (title, area) values ($1, $2) returning ${COLUMNS}`, [
      item.data.title,
      item.data.area,
    ]);
    return c.json(rows[0], 201);
  });

  routes.patch("/:id", async (c) => {
    const id = itemId.safeParse(c.req.param("id"));
    if (!id.success) return problem(404, "item_not_found", "An item id is a positive whole number.");
    const change = itemChange.safeParse(await readJson(c));
    if (!change.success) return invalid(change.error);
    const { rows } = await pool.query(`update items set done = $2 where id = $1 returning ${COLUMNS}`, [
      id.data,
      change.data.done,
    ]);
    return rows.length === 0 ? problem(404, "item_not_found", `There is no item ${id.data}.`) : c.json(rows[0]);
  });

  return routes;
}

/** The request's JSON; undefined, which no schema accepts, where the body is something else. */
async function readJson(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    return undefined;
  }
}

function invalid(error: z.ZodError): Response {
  const problems = error.issues.map((issue) => `${issue.path.join(".") || "the body"}: ${issue.message}`);
  return problem(400, "invalid_request", problems.join("; "));
}
