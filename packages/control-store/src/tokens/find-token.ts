import type { Role } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

export interface TokenHolder {
  tokenId: string;
  label: string;
  role: Role;
}

/** Who presents the token with this hash; undefined for one we never made, or made void. */
export async function findToken(store: Store, hash: string): Promise<TokenHolder | undefined> {
  return store
    .selectFrom("api_tokens")
    .select(["token_id as tokenId", "label", "role"])
    .where("token_hash", "=", hash)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
}
