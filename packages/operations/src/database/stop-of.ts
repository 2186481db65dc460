import type { Stop } from "@oroboros/db-safety";
import type { Context } from "../context.ts";

/** When work on a slot's database ends because whoever asked for it has gone; never, where nobody can go. */
export const stopOf = ({ server, signal }: Pick<Context, "server" | "signal">): { stop?: Stop } =>
  signal === undefined ? {} : { stop: { server, signal } };
