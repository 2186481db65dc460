export { postgresProbe } from "./postgres-probe.ts";
