export { eventually } from "./eventually.ts";
export { freePort } from "./free-port.ts";
export { scratchGitRepo } from "./scratch-git-repo.ts";
export type { ScratchGitRepo } from "./scratch-git-repo.ts";
export { startPostgres } from "./start-postgres.ts";
export type { TestPostgres } from "./start-postgres.ts";
export { startRedis } from "./start-redis.ts";
export type { TestRedis } from "./start-redis.ts";
export { withTempDir } from "./temp-dir.ts";
