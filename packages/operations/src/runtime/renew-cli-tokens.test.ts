import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createToken, findToken, migrateControlStore, openControlStore, revokeToken } from "@oroboros/control-store";
import { hashToken, newToken } from "@oroboros/host";
import { defineContract, etcPath, parseEnvFile, serializeEnvFile, type Role } from "@oroboros/slot-contract";
import { startPostgres, withTempDir, type TestPostgres } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliTokenIds, renewCliTokens } from "./renew-cli-tokens.ts";

let postgres: TestPostgres;
let control: ReturnType<typeof openControlStore>;

beforeAll(async () => {
  postgres = await startPostgres();
  control = openControlStore({ databaseUrl: postgres.superuserUrl(), onError: () => undefined });
  await migrateControlStore(control.db);
});
afterAll(async () => {
  await control?.close();
  await postgres?.stop();
});

async function made(role: Role): Promise<{ token: string; tokenId: string }> {
  const token = newToken();
  return { token, ...(await createToken(control.db, { label: "installation", role, hash: hashToken(token) })) };
}

/** An installation's `cli.env`, and what `act` finds in it afterwards. */
async function withCliEnv(
  variables: Record<string, string>,
  act: (own: { contract: ReturnType<typeof defineContract>; store: typeof control.db }) => Promise<void>,
): Promise<Record<string, string>> {
  return withTempDir(async (root) => {
    const contract = defineContract({ root });
    await mkdir(etcPath(contract), { recursive: true });
    await writeFile(`${etcPath(contract)}/cli.env`, serializeEnvFile(variables));
    await act({ contract, store: control.db });
    return parseEnvFile(await readFile(`${etcPath(contract)}/cli.env`, "utf8"));
  });
}

const holderOf = (token: string | undefined) => findToken(control.db, hashToken(token ?? ""));

test("a revoked token and one that was never made are made anew once, each with its role", async () => {
  const operator = await made("operator");
  await revokeToken(control.db, operator.tokenId);
  const start = {
    OROBOROS_API_URL: "http://127.0.0.1:1",
    OROBOROS_TOKEN: operator.token,
    OROBOROS_AGENT_TOKEN: "oro_x",
  };
  const after = await withCliEnv(start, async (own) => {
    expect((await renewCliTokens(own)).map(({ role }) => role)).toEqual(["operator", "agent"]);
    expect(await renewCliTokens(own)).toEqual([]);
  });
  expect(after["OROBOROS_API_URL"]).toBe("http://127.0.0.1:1");
  expect(await holderOf(after["OROBOROS_TOKEN"])).toMatchObject({ role: "operator" });
  expect(await holderOf(after["OROBOROS_AGENT_TOKEN"])).toMatchObject({ role: "agent" });
});

test("good tokens stay", async () => {
  const [operator, agent] = [await made("operator"), await made("agent")];
  const start = { OROBOROS_TOKEN: operator.token, OROBOROS_AGENT_TOKEN: agent.token };
  const after = await withCliEnv(start, async (own) => {
    expect(await renewCliTokens(own)).toEqual([]);
    const ids = { OROBOROS_TOKEN: operator.tokenId, OROBOROS_AGENT_TOKEN: agent.tokenId };
    expect(await cliTokenIds(own)).toEqual(ids);
  });
  expect(after).toEqual(start);
});

test("where there is no cli.env none is made", async () => {
  await withTempDir(async (root) => {
    const own = { contract: defineContract({ root }), store: control.db };
    expect(await renewCliTokens(own)).toEqual([]);
    expect(await cliTokenIds(own)).toEqual({});
  });
});
