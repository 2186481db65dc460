export { connectionOwner } from "./connection-owner.ts";
export type { Connection } from "./connection-owner.ts";
export { isHostOperator } from "./host-operator.ts";
export { diskRoom } from "./disk-room.ts";
export type { DiskRoom } from "./disk-room.ts";
export { readArtifact } from "./read-file-confined.ts";
export { readReleases } from "./read-releases.ts";
export type { StandingRelease } from "./read-releases.ts";
export { hashToken } from "./token.ts";
