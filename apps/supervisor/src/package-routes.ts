import { isPackageStoreKey } from "@oroboros/host";
import type { MainLockfile } from "@oroboros/host/supervisor-client";
import { invalidRequest, type Route } from "./http.ts";
import type { Packages } from "./package-cache.ts";

const MAX_LOCKFILES_BYTES = 64 * 1024 * 1024;
const OBJECT_ID = /^[0-9a-f]{40,64}$/;

export function packageRoutes(packages: Packages): Route[] {
  return [
    { method: "GET", path: /^\/packages$/, answer: async () => ({ pnpm_version: await packages.pnpmVersion() }) },
    {
      method: "POST",
      path: /^\/packages\/(?<key>[^/]+)$/,
      answer: async ({ params, body, response }) => {
        const key = params["key"] ?? "";
        const lockfiles = readLockfiles(await body({ maxBytes: MAX_LOCKFILES_BYTES }));
        if (!isPackageStoreKey(key) || lockfiles === undefined)
          throw invalidRequest("This is no request to fetch packages.");
        const hungUp = new AbortController();
        response.once("close", () => hungUp.abort());
        const { already, isolated, durationMs } = await packages.fill(key, lockfiles, hungUp.signal);
        return { already, isolated, duration_ms: durationMs };
      },
    },
    {
      method: "POST",
      path: /^\/packages\/(?<key>[^/]+)\/remove$/,
      answer: async ({ params }) => {
        const key = params["key"] ?? "";
        if (!isPackageStoreKey(key)) throw invalidRequest("This is no package store.");
        await packages.remove(key);
        return {};
      },
    },
  ];
}

function readLockfiles(body: unknown): MainLockfile[] | undefined {
  const lockfiles = typeof body === "object" && body !== null && "lockfiles" in body ? body.lockfiles : undefined;
  return Array.isArray(lockfiles) && lockfiles.length > 0 && lockfiles.every(isLockfile) ? lockfiles : undefined;
}

const isLockfile = (value: unknown): value is MainLockfile =>
  typeof value === "object" &&
  value !== null &&
  "oid" in value &&
  OBJECT_ID.test(String(value.oid)) &&
  "text" in value &&
  typeof value.text === "string";
