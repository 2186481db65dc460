import { readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { holdLock } from "@oroboros/host";
import { defineContract, type RuntimeContract } from "@oroboros/slot-contract";
import { rounds, withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { claimRoot } from "./claim-root.ts";

const LOCK = ".oroboros-start.lock";
/** What is there while a start writes its marker, and for good where it was killed then. */
const HALF_A_MARKER = "..oroboros-installation.0123456789ab";

const codeOf = (claim: Promise<{ release(): void }>): Promise<unknown> =>
  claim.then(
    ({ release }) => release(),
    (error: { code?: string }) => error.code ?? error,
  );

const withRoot = (files: readonly string[], act: (contract: RuntimeContract) => Promise<void>): Promise<void> =>
  withTempDir(async (directory) => {
    const root = `${directory}/installation`;
    await mkdir(root);
    for (const name of files) await writeFile(`${root}/${name}`, "");
    await act(defineContract({ root }));
  });

test("a start that comes while another one makes its marker is told that one is starting", async () => {
  await withRoot([HALF_A_MARKER], async (contract) => {
    const other = await holdLock(`${contract.root}/${LOCK}`, "the other start");
    try {
      expect(await codeOf(claimRoot(contract, { keep: true }))).toBe("already_running");
    } finally {
      other.release();
    }
  });
});

test("a start that was killed while it made its marker is begun again", async () => {
  await withRoot([LOCK, HALF_A_MARKER], async (contract) => {
    const claimed = await claimRoot(contract, { keep: true });
    expect(claimed.state).toBe("empty");
    expect(readdirSync(contract.root).toSorted()).toEqual([".oroboros-installation", LOCK]);
    claimed.release();
  });
});

test.each([[["notes.txt"]], [["notes.txt", HALF_A_MARKER]], [["notes.txt", LOCK]]])(
  "a directory with %j in it is refused, and stays as it is",
  async (files) => {
    await withRoot(files, async (contract) => {
      expect(await codeOf(claimRoot(contract, { keep: true }))).toBe("path_refused");
      expect(readdirSync(contract.root).toSorted()).toEqual(files.toSorted());
    });
  },
);

test("of many starts at the same moment one has the directory, and each other is told that one is starting", async () => {
  for (let round = 0; round < rounds(20); round += 1) {
    await withTempDir(async (directory) => {
      const contract = defineContract({ root: `${directory}/installation` });
      const claims = await Promise.allSettled(Array.from({ length: 6 }, () => claimRoot(contract, { keep: true })));
      const won = claims.filter((claim) => claim.status === "fulfilled");
      const refused = claims.filter((claim) => claim.status === "rejected").map(({ reason }) => reason as unknown);
      for (const { value } of won) value.release();
      expect(won).toHaveLength(1);
      for (const reason of refused) expect(reason).toMatchObject({ code: "already_running" });
    });
  }
});
