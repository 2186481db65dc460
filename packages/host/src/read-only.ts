export { connectionOwner } from "./connection-owner.ts";
export type { Connection } from "./connection-owner.ts";
export { isHostOperator } from "./host-operator.ts";
export { readArtifact } from "./read-file-confined.ts";
export { hashToken } from "./token.ts";
