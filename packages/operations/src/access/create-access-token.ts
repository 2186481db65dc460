import { createToken } from "@oroboros/control-store";
import { hashToken, newToken } from "@oroboros/host";
import type { Role } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

export interface AccessToken {
  token: string;
  role: Role;
  label: string;
}

/** Makes an API token. Only its hash is stored: the text is shown this once. */
export async function createAccessToken(
  context: Pick<Context, "store">,
  { role, label }: { role: Role; label: string },
): Promise<AccessToken> {
  const token = newToken();
  await createToken(context.store, { label, role, hash: hashToken(token) });
  return { token, role, label };
}
