// Probes that speak a server's own protocol over a connection that they are given, and load nothing for it.
export type { Address, Connect, Wire } from "./exchange.ts";
export { postgresReadyProbe } from "./postgres-ready-probe.ts";
export { redisProbe } from "./redis-probe.ts";
export { siteProbe } from "./site-probe.ts";
export type { SiteAnswer } from "./site-probe.ts";
