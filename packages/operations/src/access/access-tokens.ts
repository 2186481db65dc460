import { asActor, listTokens, revokeToken, type Actor, type StoredToken } from "@oroboros/control-store";
import type { Role } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

/** A token in the words of the command line: everything but what would let somebody use it. */
export interface ListedToken {
  token_id: string;
  label: string;
  role: Role;
  created_at: string;
  revoked_at: string | null;
}

/** Every API token, oldest first, the revoked ones included. */
export async function listAccessTokens({ store }: Pick<Context, "store">): Promise<ListedToken[]> {
  return (await listTokens(store)).map(listed);
}

/**
 * Revokes a token, from its next request on; `already` where it was revoked before.
 *
 * @throws OperatorError `token_not_found`.
 */
export async function revokeAccessToken(
  { store }: Pick<Context, "store">,
  { tokenId, actor }: { tokenId: string; actor: Actor },
): Promise<ListedToken & { already: boolean }> {
  const { already, ...token } = await asActor(store, actor, (tx) => revokeToken(tx, tokenId));
  return { ...listed(token), already };
}

const listed = ({ tokenId, label, role, createdAt, revokedAt }: StoredToken): ListedToken => ({
  token_id: tokenId,
  label,
  role,
  created_at: createdAt.toISOString(),
  revoked_at: revokedAt?.toISOString() ?? null,
});
