import * as z from "zod";
import { normalizePostgresUrl } from "../postgres-url.ts";

const MAX_PORT = 65_535;

export const portVariable = z
  .string()
  .regex(/^[1-9][0-9]{0,4}$/, "must be a port")
  .transform(Number)
  .refine((port) => port <= MAX_PORT, "must be a port");

export const countVariable = z
  .string()
  .regex(/^[0-9]{1,6}$/, "must be a whole number")
  .transform(Number);

/** A PostgreSQL URL in either of the documents' spellings, handed on in the driver's. */
export const postgresUrlVariable = z
  .string()
  .regex(/^postgres(ql)?(\+psycopg)?:\/\/\S+$/, "must be a postgresql:// URL")
  // A parser that met the wrong value later would carry it, password included, in its own error.
  .refine((url) => URL.canParse(url), "must be a postgresql:// URL")
  .transform(normalizePostgresUrl);

export const redisUrlVariable = z.string().regex(/^redis:\/\/\S+$/, "must be a redis:// URL");

export const pathVariable = z.string().regex(/^\/\S*$/, "must be an absolute path");
