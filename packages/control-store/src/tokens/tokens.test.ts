import { usePostgres } from "@oroboros/test-support/use-postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrateControlStore } from "../migrate-control-store.ts";
import { openControlStore } from "../open-control-store.ts";
import { asActor } from "../transaction.ts";
import { createToken } from "./create-token.ts";
import { findToken } from "./find-token.ts";
import { listTokens } from "./list-tokens.ts";
import { revokeToken } from "./revoke-token.ts";

const database = usePostgres();
const control = openControlStore({ databaseUrl: database.url, onError: () => undefined });
const store = control.db;
let made = 0;

beforeAll(() => migrateControlStore(store).then(() => undefined));
afterAll(() => control.close());

const aHash = (): string => String((made += 1)).padStart(64, "0");

const audited = (tokenId: string) =>
  store
    .selectFrom("audit_log")
    .select(["principal", "action", "detail"])
    .where(sql<boolean>`detail ->> 'token_id' = ${tokenId}`)
    .orderBy("audit_id")
    .execute();

test("a new token is found by its hash, listed without it, and audited in the same transaction", async () => {
  const hash = aHash();
  const actor = { principal: "host:uid=0", traceId: null };
  const { tokenId } = await asActor(store, actor, (tx) => createToken(tx, { label: "ci", role: "agent", hash }));
  expect(await findToken(store, hash)).toEqual({ tokenId, label: "ci", role: "agent" });
  const listed = (await listTokens(store)).find((token) => token.tokenId === tokenId);
  expect(listed).toEqual({ tokenId, label: "ci", role: "agent", createdAt: expect.any(Date), revokedAt: null });
  const detail = { token_id: tokenId, label: "ci", role: "agent" };
  expect(await audited(tokenId)).toEqual([{ principal: "host:uid=0", action: "token_created", detail }]);
  await expect(createToken(store, { label: "again", role: "operator", hash })).rejects.toThrow("api_tokens_pkey");
  expect(await audited(tokenId)).toHaveLength(1);
});

test("a revoked token is not found again, stays listed, and is revoked and audited once however often it is tried", async () => {
  const hash = aHash();
  const { tokenId } = await createToken(store, { label: "lost", role: "operator", hash });
  const answers = await Promise.all(Array.from({ length: 8 }, () => revokeToken(store, tokenId)));
  expect(answers.filter(({ already }) => !already)).toHaveLength(1);
  expect(new Set(answers.map(({ revokedAt }) => revokedAt?.getTime())).size).toBe(1);
  expect(await findToken(store, hash)).toBeUndefined();
  expect((await listTokens(store)).find((token) => token.tokenId === tokenId)?.revokedAt).toEqual(expect.any(Date));
  expect((await audited(tokenId)).map(({ action }) => action)).toEqual(["token_created", "token_revoked"]);
});

test("a token that there never was is not revoked", async () => {
  await expect(revokeToken(store, "999999")).rejects.toMatchObject({ code: "token_not_found" });
});
