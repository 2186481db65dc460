import { createHash, randomBytes } from "node:crypto";

const TOKEN_BYTES = 32;

/** A new API token: 256 random bits behind a prefix that secret scanners can look for. */
export const newToken = (): string => `oro_${randomBytes(TOKEN_BYTES).toString("base64url")}`;

/** What is stored of a token. A plain hash is enough for a secret with 256 bits of its own. */
export const hashToken = (token: string): string => createHash("sha256").update(token).digest("hex");

/** A new secret as hexadecimal digits, two for each byte. */
export const randomSecret = (bytes: number): string => randomBytes(bytes).toString("hex");
