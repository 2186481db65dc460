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

/** A comma-separated list, handed on without its empty pieces. */
export const listVariable = z.string().transform((csv) => csv.split(",").filter((item) => item !== ""));

/**
 * A command as argv: split on spaces, no shell and no quoting, and `{commit_sha}` the only placeholder.
 */
export const commandVariable = z
  .string()
  .regex(/^\/[!-~]+( [!-~]+)*$/, "must be a program's absolute path and its arguments, single spaces between them")
  .refine(
    (command) => !/[{}]/.test(command.replaceAll("{commit_sha}", "")),
    "must have no placeholder but {commit_sha}",
  )
  .transform((command) => command.split(" "));

/** Checks that compare variables run although others are missing, so that one message names everything that is wrong. */
export const always = (): boolean => true;
