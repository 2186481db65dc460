import * as z from "zod";
import { ROLES } from "./roles.ts";

/** Body of `POST /api/session`: the page's exchange of a token for its cookie. */
export const openSessionRequestSchema = z.strictObject({ token: z.string().min(1).max(200) });
export const sessionSchema = z.strictObject({ label: z.string(), role: z.enum(ROLES) });
export const closedSessionSchema = z.strictObject({ closed: z.boolean() });
