import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import type { CommandResult } from "./testing/run-here.ts";

const SCRIPTS = join(import.meta.dirname, "../../../scripts");

/** A release as far as its scripts look at it: its Node prints what it is asked to run. */
function aRelease(directory: string): string {
  const release = `${directory}/releases/1`;
  for (const name of ["bin", "scripts"]) mkdirSync(`${release}/${name}`, { recursive: true });
  for (const name of ["bootstrap.sh", "oroboros", "preview-backend-runtime.sh"]) {
    copyFileSync(`${SCRIPTS}/${name}`, `${release}/scripts/${name}`);
  }
  writeFileSync(`${release}/release.json`, "{}");
  writeFileSync(`${release}/bin/node`, '#!/bin/sh\necho "$@"\n');
  chmodSync(`${release}/bin/node`, 0o755);
  symlinkSync(release, `${directory}/current`);
  return release;
}

const type = (program: string, ...argv: string[]): Promise<CommandResult> =>
  new Promise((resolve) => {
    execFile(program, argv, { env: { PATH: "/usr/bin:/bin" } }, (error, stdout, stderr) => {
      resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr });
    });
  });

test("a release's scripts run its own command on its own Node, and prepare nothing", async () => {
  await withTempDir(async (directory) => {
    const release = aRelease(directory);
    const script = `${directory}/current/scripts/preview-backend-runtime.sh`;
    const { exitCode, stdout, stderr } = await type(script, "status", "--slot", "preview 1");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toBe(`${release}/apps/cli.js backend status --slot preview 1\n`);
  });
});

test("a release installs and bundles nothing", async () => {
  await withTempDir(async (directory) => {
    const release = aRelease(directory);
    for (const argv of [[], ["--dev"], ["--exec", "pnpm", "install"]]) {
      const { exitCode, stdout, stderr } = await type(`${release}/scripts/bootstrap.sh`, ...argv);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toContain("usage, in a release");
    }
  });
});
