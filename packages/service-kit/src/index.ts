export { drain } from "./drain.ts";
export { installLightFetch } from "./light-fetch/install-light-fetch.ts";
export { lightFetch } from "./light-fetch/light-fetch.ts";
export { listenLoopback } from "./listen-loopback.ts";
export { createLogger } from "./logger.ts";
export type { Logger } from "./logger.ts";
export { runMain } from "./main.ts";
export type { MainContext } from "./main.ts";
