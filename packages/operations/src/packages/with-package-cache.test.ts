import type { StepRequest } from "@oroboros/slot-contract";
import { describe, expect, test } from "vitest";
import { lockfileOf } from "./lockfile-of.ts";
import { withPackageCache } from "./with-package-cache.ts";

const STORE = "/var/cache/oroboros/packages/abc/store";
const install: StepRequest = {
  kind: "install",
  argv: ["pnpm", "install", "--frozen-lockfile", "--prod"],
  cwd: "/work/frontend",
  env: { CI: "true" },
  timeout_ms: 1_000,
};

test("an install that a store covers reads it and writes nothing to it, and falls back to what it would do without", () => {
  const [first, ...rest] = withPackageCache(install, STORE);
  expect(first).toEqual({
    ...install,
    env: {
      CI: "true",
      pnpm_config_frozen_store: "true",
      pnpm_config_offline: "true",
      pnpm_config_package_import_method: "clone-or-copy",
      pnpm_config_store_dir: STORE,
      pnpm_config_trust_lockfile: "true",
    },
  });
  expect(rest).toEqual([install]);
});

test("an install without a store, or by another program, stays as it is", () => {
  expect(withPackageCache(install, null)).toEqual([install]);
  for (const argv of [
    ["npm", "ci"],
    ["pnpm", "run", "install"],
    ["python3", "-m", "pip", "install"],
  ]) {
    expect(withPackageCache({ ...install, argv }, STORE)).toEqual([{ ...install, argv }]);
  }
});

describe("the lockfile of a directory", () => {
  const tree = ["backend/pnpm-lock.yaml", "packages/pnpm-lock.yaml.old", "apps/web/package.json", "pnpm-lock.yaml"].map(
    (path) => ({ path, mode: "100644", oid: path }),
  );
  test("is its own before one above it", () => {
    expect(lockfileOf(tree, "./backend/")?.path).toBe("backend/pnpm-lock.yaml");
    expect(lockfileOf(tree, "apps/web")?.path).toBe("pnpm-lock.yaml");
    expect(lockfileOf(tree, ".")?.path).toBe("pnpm-lock.yaml");
  });
  test("is none where there is none", () => {
    expect(lockfileOf(tree.slice(0, 3), "apps/web")).toBeUndefined();
  });
});
