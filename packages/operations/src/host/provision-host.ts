import { migrateControlStore, openControlStore, provisionSlots, type Store } from "@oroboros/control-store";
import { provisionAccess, provisionServer } from "@oroboros/db-safety";
import { CONTROL_DATABASE, MIGRATOR_ROLE, slotIds, type RuntimeContract } from "@oroboros/slot-contract";
import { createAccessToken, type AccessToken } from "../access/create-access-token.ts";
import { renewCliTokens } from "../runtime/renew-cli-tokens.ts";
import { readCliEnvironment, writeCliEnvironment } from "../runtime/write-configuration.ts";
import type { HostSecrets } from "./host-secrets.ts";
import { superuserUrl } from "./postgres/ready-postgres.ts";

/**
 * Roles, databases, control tables and the functions of the host's PostgreSQL, with the passwords of its env files. Repeating it changes
 * nothing.
 *
 * @param options.migrates false where what runs is another commit, whose tables they are.
 * @returns what had to change.
 */
export async function provisionDatabases(
  contract: RuntimeContract,
  { passwords, slotPasswordKey }: HostSecrets,
  { migrates }: { migrates: boolean },
): Promise<string[]> {
  const slots = slotIds(contract);
  const { changed } = await provisionServer({ superuserUrl: superuserUrl(), slots, passwords, slotPasswordKey });
  const applied = await withControlStore(async (store) => {
    const migrated = migrates ? (await migrateControlStore(store, { owner: MIGRATOR_ROLE })).applied : [];
    await provisionSlots(store, slots);
    return migrated;
  });
  const access = migrates ? (await provisionAccess({ superuserUrl: superuserUrl() })).changed : [];
  return [...changed, ...applied.map((name) => `migration ${name}`), ...access];
}

/** Gives root's command line the tokens that it has not, or that were revoked. */
export function provisionTokens(contract: RuntimeContract): Promise<string[]> {
  return withControlStore(async (store) => {
    if ((await readCliEnvironment(contract)) !== undefined) {
      const renewed = await renewCliTokens({ contract, store });
      return renewed.map(({ role }) => `${role} token, which was revoked or unknown`);
    }
    const make = (role: "operator" | "agent"): Promise<AccessToken> =>
      createAccessToken({ store }, { role, label: `installation: ${role}` });
    await writeCliEnvironment(contract, { operator: await make("operator"), agent: await make("agent") });
    return ["operator token", "agent token"];
  });
}

async function withControlStore<T>(act: (store: Store) => Promise<T>): Promise<T> {
  const control = openControlStore({
    databaseUrl: superuserUrl(CONTROL_DATABASE),
    // What is under way fails by itself and says why.
    onError: () => undefined,
  });
  try {
    return await act(control.db);
  } finally {
    await control.close();
  }
}
