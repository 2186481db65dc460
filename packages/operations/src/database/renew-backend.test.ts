import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LeaseRef } from "@oroboros/control-store";
import { backendJobFile, type SlotId } from "@oroboros/slot-contract";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import type { Context } from "../context.ts";
import { renewBackend } from "./renew-backend.ts";
import { isBackendStale } from "./renew-stale-backends.ts";

const slot = "preview-1" as SlotId;

test("whose login a backend has is not read through a link, nor waited for in a fifo", () =>
  withTempDir(async (root) => {
    const path = backendJobFile({ root }, slot);
    const secret = join(root, "api.env");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(secret, "hunter2");
    // Neither asks anything else before it knows the job.
    const context = { contract: { root } } as Context;
    const refused = async (): Promise<void> => {
      const reads = [() => isBackendStale(context, slot), () => renewBackend(context, { slotId: slot } as LeaseRef)];
      for (const read of reads)
        await expect(read()).rejects.toMatchObject({
          code: "path_refused",
          message: expect.not.stringContaining("hunter2"),
        });
    };
    await symlink(secret, path);
    await refused();
    await rm(path);
    execFileSync("mkfifo", [path]);
    await refused();
  }));
