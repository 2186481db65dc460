import type { z } from "zod";
import type { Role } from "./roles.ts";

/** One endpoint of the api. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "DELETE";
  /** `{name}` stands for one path segment. */
  readonly path: string;
  /** Least role of the token; null where anybody may ask. */
  readonly role: Role | null;
  /** `planned`: agreed on, and answered with 404 by an api of today. */
  readonly status: "served" | "planned";
  readonly request?: z.ZodType;
  /** Sent again with the same `Idempotency-Key`, it is answered as before and does nothing. */
  readonly takesIdempotencyKey?: true;
  readonly query?: z.ZodType;
  /** Schema of a JSON answer, or what the answer is instead. */
  readonly response: z.ZodType | "text" | "event stream";
}
