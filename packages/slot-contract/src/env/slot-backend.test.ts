import { expect, test } from "vitest";
import { readSlotEnv, type SlotBackendVariables } from "./slot-backend.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const valid: Required<Omit<SlotBackendVariables, "OROBOROS_PORT_OFFSET">> = {
  SLOT_ID: "preview-2",
  SLOT_NUM: "2",
  SLOT_BACKEND_PORT: "8102",
  SLOT_DB_NAME: "app_preview_2",
  SLOT_WORKTREE_PATH: "/srv/oroboros/worktrees/preview-2",
  SLOT_COMMIT_SHA: COMMIT,
  DATABASE_URL: "postgresql+psycopg://slot_2:pw@127.0.0.1:5432/app_preview_2",
  CORS_ALLOWED_ORIGINS: "http://127.0.0.1:3102,http://127.0.0.1:3100",
};

test("a slot's variables are read", () => {
  expect(readSlotEnv(valid)).toEqual({
    slotId: "preview-2",
    port: 8102,
    databaseName: "app_preview_2",
    databaseUrl: "postgresql://slot_2:pw@127.0.0.1:5432/app_preview_2",
    worktreePath: "/srv/oroboros/worktrees/preview-2",
    commitSha: COMMIT,
    corsAllowedOrigins: ["http://127.0.0.1:3102", "http://127.0.0.1:3100"],
  });
});

test("an alias of the slot is canonicalised", () => {
  expect(readSlotEnv({ ...valid, SLOT_ID: "preview2" }).slotId).toBe("preview-2");
});

test("an empty list of origins allows none", () => {
  expect(readSlotEnv({ ...valid, CORS_ALLOWED_ORIGINS: "" }).corsAllowedOrigins).toEqual([]);
});

test.each([
  ["SLOT_NUM", "1"],
  ["SLOT_DB_NAME", "app_preview_1"],
  ["DATABASE_URL", "postgresql://slot_2:pw@127.0.0.1:5432/app_preview_1"],
  ["DATABASE_URL", "postgresql://slot_2:pw@127.0.0.1:5432/builder_control"],
  ["DATABASE_URL", "postgresql://slot_2:pw@127.0.0.1:5432/app_preview_2/"],
  ["DATABASE_URL", "postgresql://slot_2:pw@127.0.0.1:5432/%zz"],
  ["DATABASE_URL", "postgresql://slot_2:pw@127.0.0.1:5432"],
])("%s of another slot is refused: %s", (variable, value) => {
  expect(() => readSlotEnv({ ...valid, [variable]: value })).toThrow(
    expect.objectContaining({
      code: "slot_database_mismatch",
      message: expect.stringMatching(new RegExp(`^${variable}((?!pw).)*$`)),
    }),
  );
});

test.each([
  ["DATABASE_URL", "postgresql://slot_2:pw@db.example:5432/app_preview_2", "host_mismatch"],
  ["DATABASE_URL", "postgresql://slot_2:pw@127.0.0.1:5432/app_preview_2?host=db.example", "query_override"],
  ["DATABASE_URL", "postgresql://slot_2:pw@127.0.0.1:5432/app_preview_2?dbname=app_preview_1", "query_override"],
  ["SLOT_BACKEND_PORT", "8101", "port_mismatch"],
  ["SLOT_BACKEND_PORT", "3102", "port_mismatch"],
  ["SLOT_WORKTREE_PATH", "/srv/oroboros/worktrees/preview-1", "path_refused"],
  ["SLOT_WORKTREE_PATH", "/srv/oroboros/worktrees/preview-20.d/x", "path_refused"],
])("%s=%s leads out of the slot and is refused: %s", (variable, value, code) => {
  expect(() => readSlotEnv({ ...valid, [variable]: value })).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(new RegExp(`^${variable}((?!pw).)*$`)) }),
  );
});

test("with the installation's port offset, another slot's port is refused whatever it is", () => {
  expect(readSlotEnv({ ...valid, SLOT_BACKEND_PORT: "8103" }).port).toBe(8103);
  const env = { ...valid, OROBOROS_PORT_OFFSET: "200" };
  expect(readSlotEnv({ ...env, SLOT_BACKEND_PORT: "8302" }).port).toBe(8302);
  expect(() => readSlotEnv({ ...env, SLOT_BACKEND_PORT: "8303" })).toThrow(
    expect.objectContaining({ code: "port_mismatch", message: expect.stringContaining("preview-2 needs 8302") }),
  );
});

test("a slot no host can have is refused", () => {
  expect(() => readSlotEnv({ ...valid, SLOT_ID: "preview-100" })).toThrow(
    expect.objectContaining({ code: "invalid_slot" }),
  );
});

test("every missing variable is named at once", () => {
  expect(() => readSlotEnv({})).toThrow(
    expect.objectContaining({
      code: "invalid_environment",
      message: `The slot backend can not start: ${Object.keys(valid)
        .map((name) => `${name} is missing`)
        .join("; ")}.`,
    }),
  );
});
