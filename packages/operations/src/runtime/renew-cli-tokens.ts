import { findToken, type Actor, type Store } from "@oroboros/control-store";
import { hashToken } from "@oroboros/host";
import type { RuntimeContract } from "@oroboros/slot-contract";
import { createAccessToken, type AccessToken } from "../access/create-access-token.ts";
import { changeCliEnvironment, readCliEnvironment } from "./write-configuration.ts";

/** The tokens that the installation made for its own command line, by the variable of `cli.env` that holds each. */
const CLI_TOKENS = {
  OROBOROS_TOKEN: { role: "operator", label: "installation: operator" },
  OROBOROS_AGENT_TOKEN: { role: "agent", label: "installation: agent" },
} as const;
type CliToken = keyof typeof CLI_TOKENS;
const NAMES = Object.keys(CLI_TOKENS) as CliToken[];

/** A token of `cli.env` that was made anew; its text stands in the file only. */
export type RenewedToken = Omit<AccessToken, "token"> & { variable: CliToken };

interface OwnTokens {
  contract: RuntimeContract;
  store: Store;
}

/** The ids of the tokens that the installation's command line uses; undefined for one that is revoked or was never made here. */
export async function cliTokenIds({
  contract,
  store,
}: OwnTokens): Promise<Partial<Record<CliToken, string | undefined>>> {
  const written = await readCliEnvironment(contract);
  if (written === undefined) return {};
  const ids = NAMES.map(async (name) => [name, (await findToken(store, hashToken(written[name])))?.tokenId] as const);
  return Object.fromEntries(await Promise.all(ids));
}

/**
 * Makes every token of `cli.env` anew that is revoked or unknown, so that the command line has one it can use. Changes nothing
 * where all of them are good, or where there is no `cli.env`.
 */
export async function renewCliTokens({
  contract,
  store,
  actor,
}: OwnTokens & { actor?: Actor }): Promise<RenewedToken[]> {
  const ids = await cliTokenIds({ contract, store });
  const isVoid = (name: CliToken): boolean => name in ids && ids[name] === undefined;
  const made: (AccessToken & { variable: CliToken })[] = [];
  for (const variable of NAMES.filter(isVoid)) {
    const asked = { ...CLI_TOKENS[variable], ...(actor === undefined ? {} : { actor }) };
    made.push({ variable, ...(await createAccessToken({ store }, asked)) });
  }
  if (made.length === 0) return [];
  await changeCliEnvironment(contract, Object.fromEntries(made.map(({ variable, token }) => [variable, token])));
  return made.map(({ variable, token_id, role, label }) => ({ variable, token_id, role, label }));
}
