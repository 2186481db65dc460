import { asActor, createToken, type Actor } from "@oroboros/control-store";
import { hashToken, newToken } from "@oroboros/host";
import type { Role } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

export interface AccessToken {
  token_id: string;
  token: string;
  role: Role;
  label: string;
}

/** Who acts on the host itself, and not through the api, as audit rows name him. */
export const hostActor = (uid: number): Actor => ({ principal: `host:uid=${uid}`, traceId: null });

/** Makes an API token. Only its hash is stored: the text is shown this once. */
export async function createAccessToken(
  { store }: Pick<Context, "store">,
  { role, label, actor }: { role: Role; label: string; actor?: Actor },
): Promise<AccessToken> {
  const token = newToken();
  const stored = { label, role, hash: hashToken(token) };
  const { tokenId } =
    actor === undefined
      ? await createToken(store, stored)
      : await asActor(store, actor, (tx) => createToken(tx, stored));
  return { token_id: tokenId, token, role, label };
}
