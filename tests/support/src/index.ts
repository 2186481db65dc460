export { bootBox } from "./systemd-box/boot-box.ts";
export type { BoxBind, BoxFile, BoxOptions, DebianService } from "./systemd-box/boot-box.ts";
export type { Box, Outcome, RunOptions } from "./systemd-box/box.ts";
export type { BoxRequest, BoxResponse } from "./systemd-box/box-fetch.ts";
export { eventually } from "./eventually.ts";
export { freePort } from "./free-port.ts";
export { queryRows } from "./query-rows.ts";
export { note, reportMatrix } from "./report-matrix.ts";
export type { MatrixResult } from "./report-matrix.ts";
export { fewer, rounds } from "./rounds.ts";
export { scratchGitRepo } from "./scratch-git-repo.ts";
export type { ScratchGitRepo } from "./scratch-git-repo.ts";
export { canMount, mountSmallDisk, onSmallDisk } from "./small-disk.ts";
export { startPostgres } from "./start-postgres.ts";
export type { TestPostgres } from "./start-postgres.ts";
export { startRedis } from "./start-redis.ts";
export type { TestRedis } from "./start-redis.ts";
export {
  OFFSET_PORTS,
  OFFSET_SLOTS,
  portOffsets,
  portsOf,
  releasePortOffset,
  takePortOffset,
} from "./take-port-offset.ts";
export { withTempDir } from "./temp-dir.ts";
