import { findToken } from "@oroboros/control-store";
import { hashToken } from "@oroboros/host";
import {
  cliTokenIds,
  hostActor,
  renewCliTokens,
  revokeAccessToken,
  type Context,
  type RenewedToken,
} from "@oroboros/operations";
import { badValue } from "../bad-value.ts";
import type { CommandContext, RunCommand } from "../command.ts";
import { describe } from "../table.ts";
import { withOperations } from "../with-operations.ts";

const TOKEN_ID = /^[1-9][0-9]{0,17}$/;

export const tokenRevoke: RunCommand = async (context) => {
  const tokenId = context.input.text("token_id");
  if (!TOKEN_ID.test(tokenId)) {
    const allowed = "give the id of a token, which is a number";
    throw badValue("<token_id>", tokenId, { allowed, hint: "Find it with: oroboros token list" });
  }
  const revoked = await withOperations(context, (operations) => revoke(operations, context, tokenId));
  const notes = [
    revoked.already ? "It was revoked before." : "Its next request is refused.",
    ...revoked.renewed.map(renewedNote),
    ...(revoked.next === null ? [] : [revoked.next]),
  ];
  return { ok: true, fields: revoked, text: [describe(revoked), ...notes].join("\n") };
};

/**
 * Revoking always succeeds at once: it is what somebody does in a hurry, when a token has leaked. So that it never locks the
 * command line out, the installation's own token is made anew where it stands, in `cli.env`; it is not printed. Only after the
 * revocation, so that what is killed between the two has closed the leak: typed again, or at the next start, the rest is done.
 */
async function revoke(operations: Context, { world }: CommandContext, tokenId: string) {
  const actor = hostActor(world.user.uid);
  const { OROBOROS_TOKEN: ofShell } = world.environment;
  const shellId = ofShell && (await findToken(operations.store, hashToken(ofShell)))?.tokenId;
  const own = Object.values(await cliTokenIds(operations));
  const token = await revokeAccessToken(operations, { tokenId, actor });
  const isOwn = own.includes(tokenId) || (token.already && own.includes(undefined));
  const renewed = isOwn ? await renewCliTokens({ ...operations, actor }) : [];
  return { ...token, renewed, next: shellId === tokenId ? WITHOUT_SHELL_TOKEN : null };
}

const WITHOUT_SHELL_TOKEN =
  "OROBOROS_TOKEN of this shell was this token. Unset it, or set it to what this prints: oroboros token create --role operator --label me";

const renewedNote = ({ token_id, role, variable }: RenewedToken): string =>
  `The installation's command line used it as ${role}: ${variable} in its cli.env is token ${token_id} from now on.`;
