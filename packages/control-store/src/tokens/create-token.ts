import type { Role } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** Stores an API token by its hash, the SHA-256 of its text in hexadecimal digits. */
export async function createToken(store: Store, token: { label: string; role: Role; hash: string }): Promise<void> {
  await store
    .insertInto("api_tokens")
    .values({ token_hash: token.hash, label: token.label, role: token.role })
    .execute();
}
