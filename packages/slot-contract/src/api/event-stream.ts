import * as z from "zod";

/** Name of the server-sent events of `GET /api/runs/{id}/events/stream`. */
export const RUN_EVENT = "run_event";

/** Query of the stream; the header `Last-Event-ID` of a reconnecting client wins over `since_id`. */
export const streamEventsQuerySchema = z.object({
  since_id: z
    .string()
    .regex(/^[0-9]{1,18}$/)
    .default("0"),
  /** False ends the stream after what there is. */
  follow: z.stringbool().default(true),
});

/** Answer of `GET /api/events/schema`: JSON Schema of one event. */
export const jsonSchemaSchema = z.record(z.string(), z.unknown());
