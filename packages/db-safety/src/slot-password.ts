import { createHmac } from "node:crypto";

/** The password of a slot's or the templates' database role; derived, so that it is stored nowhere. */
export function rolePassword(key: string, role: string): string {
  return createHmac("sha256", key).update(role).digest("hex");
}
