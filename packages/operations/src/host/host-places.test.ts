import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { currentPath, defineContract, releasesPath, repoPath } from "@oroboros/slot-contract";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { refuseWrongPlaces, wrongPlaces } from "./host-places.ts";

test("nothing, or a link to a release and a bare repository, is what belongs there", () =>
  withTempDir(async (root) => {
    const contract = defineContract({ root });
    expect(await wrongPlaces(contract)).toEqual([]);
    await mkdir(`${releasesPath(contract)}/abc`, { recursive: true });
    await symlink(`${releasesPath(contract)}/abc`, currentPath(contract));
    await mkdir(`${repoPath(contract)}/refs`, { recursive: true });
    expect(await wrongPlaces(contract)).toEqual([]);
  }));

test("anything else in their place is named, with how to make room", () =>
  withTempDir(async (root) => {
    const contract = defineContract({ root });
    const [current, repository] = [currentPath(contract), repoPath(contract)];
    const found = async (): Promise<string[]> =>
      (await wrongPlaces(contract)).map(({ path, problem }) => `${path} ${problem}`);
    await mkdir(current, { recursive: true });
    await writeFile(repository, "");
    expect(await found()).toEqual([`${current} is no link to a release`, `${repository} is no directory`]);
    await expect(refuseWrongPlaces(contract)).rejects.toEqual(
      expect.objectContaining({
        code: "unsafe_file",
        hint: expect.stringContaining(`mv -T ${current} ${current}.found`),
      }),
    );
    await Promise.all([rm(current, { recursive: true }), rm(repository)]);
    await symlink("/tmp", current);
    await mkdir(`${repository}/.git`, { recursive: true });
    expect(await found()).toEqual([
      `${current} leads to /tmp, which is no release of this host`,
      `${repository} is a clone, not a bare repository`,
    ]);
    await rm(current);
    await symlink(`${releasesPath(contract)}/gone`, current);
    expect((await found())[0]).toContain("which is not there");
    expect((await wrongPlaces(contract))[0]?.repair).toBe(`rm ${current}`);
  }));
