import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";

const ITERATIONS = 4096;
const SALT_BYTES = 16;
const VERIFIER = /^SCRAM-SHA-256\$([0-9]+):([A-Za-z0-9+/=]+)\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/;

/** A password's own: all of ours are random, so what is written again is what stands there. */
const saltOf = (password: string): Buffer =>
  createHmac("sha256", password).update("oroboros:salt").digest().subarray(0, SALT_BYTES);

/** What PostgreSQL stores for a password (RFC 5803), made here so that no password is sent or logged in a statement. */
export function scramVerifier(password: string, salt = saltOf(password), iterations = ITERATIONS): string {
  const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, iterations, 32, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest();
  const serverKey = hmac(salted, "Server Key");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey.toString("base64")}:${serverKey.toString("base64")}`;
}

export function isVerifierOf(stored: string | null, password: string): boolean {
  const [, iterations, salt] = VERIFIER.exec(stored ?? "") ?? [];
  if (stored === null || iterations === undefined || salt === undefined) return false;
  const expected = Buffer.from(scramVerifier(password, Buffer.from(salt, "base64"), Number(iterations)));
  const actual = Buffer.from(stored);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
