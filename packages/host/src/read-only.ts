export { readArtifact } from "./read-file-confined.ts";
export { hashToken } from "./token.ts";
