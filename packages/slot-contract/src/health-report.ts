import * as z from "zod";

/** One service as a health check found it. Not answering is a value, not an error. */
export const serviceHealthSchema = z.strictObject({
  service: z.string(),
  unit: z.string().nullable(),
  /** What was asked: a URL, with the site in parentheses where the reverse proxy was asked for it, or an address. */
  target: z.string(),
  status: z.enum(["healthy", "unhealthy"]),
  /** The last answer, where the service is unhealthy. */
  detail: z.string().nullable(),
  /** What to type on the host next, where the service is unhealthy and that is known. */
  next: z.string().nullable(),
  duration_ms: z.int().min(0),
});
export type ServiceHealth = z.infer<typeof serviceHealthSchema>;

/** `production` leaves the previews out, `slots` everything else. */
export const HEALTH_SCOPES = ["all", "production", "slots"] as const;
export type HealthScope = (typeof HEALTH_SCOPES)[number];

/** What `runtime-health-check.sh` prints and `GET /api/host` answers. */
export const healthReportSchema = z.strictObject({
  ok: z.boolean(),
  scope: z.enum(HEALTH_SCOPES),
  checked_at: z.iso.datetime(),
  /** Commit of the release that production runs from; null before the first one. */
  release_id: z.string().nullable(),
  services: z.array(serviceHealthSchema),
});
export type HealthReport = z.infer<typeof healthReportSchema>;

/** Everything is healthy, and something was looked at. */
export const isHealthy = (services: readonly ServiceHealth[]): boolean =>
  services.length > 0 && services.every(({ status }) => status === "healthy");
