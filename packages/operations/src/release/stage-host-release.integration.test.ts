import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  currentPath,
  defineContract,
  parseReleaseManifest,
  releasesPath,
  type CommitSha,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { scratchGitRepo, withTempDir, type ScratchGitRepo } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { renderInfra } from "../render/render-infra.ts";
import { writeInfra } from "../render/write-infra.ts";
import { committedHead } from "./committed-head.ts";
import { pointCurrentAt } from "./point-current-at.ts";
import type { HostReleaseRequest } from "./release-request.ts";
import { stageHostRelease } from "./stage-host-release.ts";

interface Machine {
  clone: ScratchGitRepo;
  contract: RuntimeContract;
  commit: CommitSha;
  request: HostReleaseRequest;
}

const clock = { today: () => new Date("2026-11-21T10:00:00Z") };

/** A clone with a bundle, and a root to install into. */
async function withMachine(act: (machine: Machine) => Promise<void>): Promise<void> {
  await using clone = await scratchGitRepo();
  await withTempDir(async (root) => {
    const contract = defineContract({ root, slotCount: 2 });
    await clone.commit(
      { ".gitignore": "dist\n.cache\n", "package.json": '{ "packageManager": "pnpm@1.2.3" }\n'.replace("{ ", "{\n  ") },
      "first",
    );
    const bundle = `${clone.path}/dist/release`;
    await writeInfra(renderInfra({ ...contract, root: "/" }), `${bundle}/infra`);
    mkdirSync(`${bundle}/apps`);
    mkdirSync(`${bundle}/scripts`);
    writeFileSync(`${bundle}/apps/cli.js`, "cli", { mode: 0o600 });
    writeFileSync(`${bundle}/scripts/deploy.sh`, "#!/bin/sh\n", { mode: 0o700 });
    mkdirSync(`${clone.path}/.cache`);
    const [node, pnpm] = [`${clone.path}/.cache/node`, `${clone.path}/.cache/pnpm`];
    writeFileSync(node, "#!/bin/sh\necho v24.0.1\n", { mode: 0o755 });
    writeFileSync(pnpm, "pnpm", { mode: 0o755 });
    const { commit } = await committedHead(clone.path);
    await act({ clone, contract, commit, request: { contract, commit, checkout: clone.path, node, pnpm, clock } });
  });
}

describe("the first release of a host", () => {
  test("is the bundle, its programs and links to the surfaces, with every file's hash in release.json", async () => {
    await withMachine(async ({ contract, commit, request }) => {
      const { path, staged } = await stageHostRelease(request);
      expect({ path, staged }).toEqual({ path: `${releasesPath(contract)}/${commit}`, staged: true });
      const manifest = parseReleaseManifest(readFileSync(`${path}/release.json`, "utf8"));
      expect(manifest).toMatchObject({ release_id: commit, built_at: "2026-11-21T10:00:00.000Z" });
      expect(manifest.migrations.last).toMatch(/^\d{4}-/);
      const sums = Object.entries(manifest.files)
        .map(([name, sum]) => `${sum}  ${name}\n`)
        .join("");
      expect(execFileSync("sha256sum", ["--check", "--quiet", "-"], { cwd: path, input: sums }).toString()).toBe("");
      expect(Object.keys(manifest.files)).toEqual(
        expect.arrayContaining(["apps/cli.js", "bin/node", "bin/pnpm", "infra/contract.json", "scripts/deploy.sh"]),
      );
      expect(readlinkSync(`${path}/infra/web-preview-2`)).toBe(
        `${contract.root}/srv/oroboros/shared/surfaces/preview-2`,
      );
      // A contract may have more slots tomorrow, and this release still.
      expect(readlinkSync(`${path}/infra/web-preview-99`)).toContain("/surfaces/preview-99");
    });
  });

  test("can be read by every user, and written by root alone, whatever the clone's modes are", async () => {
    await withMachine(async ({ request }) => {
      const { path } = await stageHostRelease(request);
      const modes = readdirSync(path, { recursive: true, encoding: "utf8" })
        .map((name) => lstatSync(join(path, name)))
        .filter((stat) => !stat.isSymbolicLink())
        .map((stat) => ({
          mode: stat.mode & 0o022,
          readable: (stat.mode & 0o044) === 0o044,
          own: stat.uid === process.geteuid?.(),
        }));
      expect(modes.every(({ mode, readable, own }) => mode === 0 && readable && own)).toBe(true);
      expect(statSync(`${path}/scripts/deploy.sh`).mode & 0o777).toBe(0o755);
    });
  });

  test("shares Node and pnpm with other releases, and with nobody's clone", async () => {
    await withMachine(async ({ contract, request }) => {
      const { path } = await stageHostRelease(request);
      const shared = statSync(`${contract.root}/srv/oroboros/shared/runtimes/node-24.0.1/bin/node`);
      expect(statSync(`${path}/bin/node`).ino).toBe(shared.ino);
      expect(statSync(request.node).ino).not.toBe(shared.ino);
      expect(existsSync(`${contract.root}/srv/oroboros/shared/runtimes/pnpm-1.2.3/bin/pnpm`)).toBe(true);
    });
  });

  test("is left alone where it stands already", async () => {
    await withMachine(async ({ request }) => {
      const { path } = await stageHostRelease(request);
      const before = statSync(path).ino;
      rmSync(`${request.checkout}/dist`, { recursive: true });
      expect(await stageHostRelease(request)).toMatchObject({ path, staged: false });
      expect(statSync(path).ino).toBe(before);
    });
  });

  test("is made again where it never got its release.json, and over what a killed one left beside it", async () => {
    await withMachine(async ({ contract, commit, request }) => {
      mkdirSync(`${releasesPath(contract)}/${commit}/apps/stale`, { recursive: true });
      mkdirSync(`${releasesPath(contract)}/.${commit}.partial/apps/stale`, { recursive: true });
      const { path, staged } = await stageHostRelease(request);
      expect(staged).toBe(true);
      expect(existsSync(`${path}/apps/stale`)).toBe(false);
      expect(readdirSync(releasesPath(contract))).toEqual([commit]);
    });
  });

  test("becomes current by one rename, once", async () => {
    await withMachine(async ({ contract, commit, request }) => {
      const { path } = await stageHostRelease(request);
      expect([await pointCurrentAt(contract, commit), await pointCurrentAt(contract, commit)]).toEqual([true, false]);
      expect(readlinkSync(currentPath(contract))).toBe(path);
    });
  });
});

describe("no release is made", () => {
  test.each([
    ["of a file that git does not know", "new.txt"],
    ["of a file that was edited", "package.json"],
  ])("%s", async (_what, name) => {
    await withMachine(async ({ request }) => {
      writeFileSync(`${request.checkout}/${name}`, "edited");
      const refused = stageHostRelease(request);
      await expect(refused).rejects.toMatchObject({ code: "tree_not_committed" });
      await expect(refused).rejects.toThrow(name);
    });
  });

  test("of a commit that the clone does not stand at", async () => {
    await withMachine(async ({ clone, request }) => {
      await clone.commit({ "more.txt": "more" }, "second");
      await expect(stageHostRelease(request)).rejects.toMatchObject({ code: "commit_changed" });
    });
  });

  test("without a bundle", async () => {
    await withMachine(async ({ request }) => {
      rmSync(`${request.checkout}/dist`, { recursive: true });
      await expect(stageHostRelease(request)).rejects.toMatchObject({ code: "not_installed" });
    });
  });

  test("of a bundle whose files the contract does not render, and none stands there afterwards", async () => {
    await withMachine(async ({ contract, commit, request }) => {
      writeFileSync(`${request.checkout}/dist/release/infra/contract.json`, "{}");
      await expect(stageHostRelease(request)).rejects.toMatchObject({ code: "files_drifted" });
      expect(existsSync(`${releasesPath(contract)}/${commit}`)).toBe(false);
    });
  });

  test("where there is no commit", async () => {
    await withTempDir(async (directory) => {
      await expect(committedHead(directory)).rejects.toMatchObject({ code: "commit_not_found" });
    });
  });
});

test("a linked file of the clone's owner stays his", async () => {
  await withMachine(async ({ request }) => {
    linkSync(`${request.checkout}/dist/release/apps/cli.js`, `${request.checkout}/.cache/cli.js`);
    const { path } = await stageHostRelease(request);
    chmodSync(`${request.checkout}/.cache/cli.js`, 0o666);
    writeFileSync(`${request.checkout}/.cache/cli.js`, "changed");
    expect(readFileSync(`${path}/apps/cli.js`, "utf8")).toBe("cli");
    expect(statSync(`${path}/apps/cli.js`).mode & 0o022).toBe(0);
  });
});
