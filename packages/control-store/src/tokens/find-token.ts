import type { Role } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** Who presents the token with this hash; undefined for one we never made. */
export async function findToken(store: Store, hash: string): Promise<{ label: string; role: Role } | undefined> {
  return store.selectFrom("api_tokens").select(["label", "role"]).where("token_hash", "=", hash).executeTakeFirst();
}
