import * as z from "zod";

export const healthSchema = z.object({ status: z.literal("ok"), service: z.string() });
export type Health = z.infer<typeof healthSchema>;

/** `/health` of a web surface: which build it serves, so that a gate can tell the new one from the old one. */
export const surfaceHealthSchema = healthSchema.extend({
  /** Null: web-main, the surface of production. */
  slot_id: z.string().nullable(),
  commit_sha: z.string().nullable(),
});

/** The file in a surface's root that names the build; never served itself. */
export const SURFACE_MARKER = ".oroboros-surface.json";
export const surfaceMarkerSchema = z.strictObject({ commit_sha: z.string() });

/** Answer of `GET /health/ready`, which is 503 where one of them is missing. */
export const readinessSchema = z.object({
  status: z.enum(["ok", "unavailable"]),
  postgres: z.boolean(),
  dispatcher: z.boolean(),
  /** Room enough on the disk that holds worktrees and artifacts. */
  disk: z.boolean(),
});
export type Readiness = z.infer<typeof readinessSchema>;
