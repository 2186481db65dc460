import { OperatorError } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import { TOKEN_COLUMNS, type StoredToken } from "./list-tokens.ts";

/**
 * Makes a token void from its next request on, and audits it. `already` where it was void before.
 *
 * @throws OperatorError `token_not_found`.
 */
export function revokeToken(store: Store, tokenId: string): Promise<StoredToken & { already: boolean }> {
  return inTransaction(store, async (tx) => {
    const revoked = await tx
      .updateTable("api_tokens")
      .set({ revoked_at: sql<Date>`clock_timestamp()` })
      .where("token_id", "=", tokenId)
      .where("revoked_at", "is", null)
      .returning(TOKEN_COLUMNS)
      .executeTakeFirst();
    if (revoked === undefined) return { ...(await findStored(tx, tokenId)), already: true };
    const detail = JSON.stringify({ token_id: tokenId, label: revoked.label, role: revoked.role });
    await tx.insertInto("audit_log").values({ action: "token_revoked", detail }).execute();
    return { ...revoked, already: false };
  });
}

async function findStored(store: Store, tokenId: string): Promise<StoredToken> {
  const token = await store
    .selectFrom("api_tokens")
    .select(TOKEN_COLUMNS)
    .where("token_id", "=", tokenId)
    .executeTakeFirst();
  if (token !== undefined) return token;
  throw new OperatorError("token_not_found", `There is no token ${tokenId}.`, {
    hint: "List the tokens with: oroboros token list",
  });
}
