export { readArtifact } from "./read-file-confined.ts";
