import { createHash } from "node:crypto";

/** SHA-256 in hexadecimal: a name for content that is the same exactly where the content is. */
export const contentHash = (content: string): string => createHash("sha256").update(content).digest("hex");
