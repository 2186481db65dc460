import type { Role } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";
import { inTransaction } from "../transaction.ts";

/** Stores an API token by its hash, the SHA-256 of its text in hexadecimal digits, and audits that there is one more. */
export function createToken(
  store: Store,
  { label, role, hash }: { label: string; role: Role; hash: string },
): Promise<{ tokenId: string }> {
  return inTransaction(store, async (tx) => {
    const { tokenId } = await tx
      .insertInto("api_tokens")
      .values({ token_hash: hash, label, role })
      .returning("token_id as tokenId")
      .executeTakeFirstOrThrow();
    await tx
      .insertInto("audit_log")
      .values({ action: "token_created", detail: JSON.stringify({ token_id: tokenId, label, role }) })
      .execute();
    return { tokenId };
  });
}
