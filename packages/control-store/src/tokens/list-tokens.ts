import type { Role } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** An API token as far as anybody but its holder may know it. */
export interface StoredToken {
  tokenId: string;
  label: string;
  role: Role;
  createdAt: Date;
  revokedAt: Date | null;
}

export const TOKEN_COLUMNS = [
  "token_id as tokenId",
  "label",
  "role",
  "created_at as createdAt",
  "revoked_at as revokedAt",
] as const;

/** Every API token there ever was, oldest first. */
export async function listTokens(store: Store): Promise<StoredToken[]> {
  return store.selectFrom("api_tokens").select(TOKEN_COLUMNS).orderBy("token_id").execute();
}
