import { runEventSchema } from "../api/events.ts";
import { plainSchema, type JsonSchema } from "./plain-schema.ts";

/** JSON Schema of one event of a run, as `GET /api/events/schema` answers it. */
export const jsonSchemaOfEvent = (): JsonSchema => plainSchema(runEventSchema, "output");
