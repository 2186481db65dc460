import { mkdir, writeFile } from "node:fs/promises";
import { defineContract, etcPath, serializeEnvFile } from "@oroboros/slot-contract";
import { takePortOffset, withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { claimRoot } from "./claim-root.ts";
import { environmentFiles } from "./environment-files.ts";
import { installedContract } from "./installed-contract.ts";
import { otherOffset } from "./other-offset.ts";
import { upEmbedded, type UpRequest } from "./up-embedded.ts";

// Nobody else listens there: a port that is taken would be the refusal.
const INSTALLED_OFFSET = await takePortOffset();
const ASKED_OFFSET = await takePortOffset();
const SECRETS = { superuserPassword: "s", apiPassword: "a", workerPassword: "w", slotPasswordKey: "ab".repeat(32) };
const SUPERVISOR = { services: [], trust_branch: false, step_path: "/usr/bin", step_env: {} };

/** The files by which an installation that was stopped is known, below a directory of its own. */
async function stoppedInstallation(below: string): Promise<string> {
  const root = `${below}/installation`;
  const contract = defineContract({ root, portOffset: INSTALLED_OFFSET });
  const { worker } = environmentFiles(contract, SECRETS, { isolated: true });
  await mkdir(etcPath(contract), { recursive: true });
  await writeFile(`${root}/.oroboros-installation`, "kept\n");
  await writeFile(`${etcPath(contract)}/worker.env`, serializeEnvFile(worker));
  await writeFile(`${etcPath(contract)}/supervisor.json`, JSON.stringify(SUPERVISOR));
  await writeFile(`${etcPath(contract)}/cli.env`, serializeEnvFile({ OROBOROS_TOKEN: "t" }));
  return root;
}

const refusalOf = (request: Pick<UpRequest, "contract" | "keepsOffset" | "onlyNew">): Promise<unknown> =>
  upEmbedded({
    ...request,
    source: { release: "/nowhere", node: "/nowhere", pnpm: "/nowhere", postgres: "/nowhere" },
    isolated: false,
    stepEnvironment: {},
    detached: true,
    fetch: () => expect.unreachable("asked something"),
    clock: { now: () => 0, today: () => new Date(0), sleep: () => Promise.resolve() },
    onStage: (stage) => {
      throw new Error(`began: ${stage}`);
    },
  }).catch((error: unknown) => error);

test("an installation that is there has the offset it was made with; elsewhere it is the one asked for", async () => {
  await withTempDir(async (directory) => {
    const root = await stoppedInstallation(directory);
    expect(await installedContract(defineContract({ root }))).toMatchObject({ root, portOffset: INSTALLED_OFFSET });
    const elsewhere = defineContract({ root: `${directory}/elsewhere`, portOffset: 5 });
    expect(await installedContract(elsewhere)).toEqual(elsewhere);
  });
});

test.each([
  [0, true],
  [INSTALLED_OFFSET, false],
])(
  "a demo that finds one (asked for %i, keeps its own: %s) is told another offset",
  async (portOffset, keepsOffset) => {
    await withTempDir(async (directory) => {
      const contract = defineContract({ root: await stoppedInstallation(directory), portOffset });
      expect(await refusalOf({ contract, keepsOffset, onlyNew: true })).toMatchObject({
        code: "installation_exists",
        hint: expect.stringMatching(
          new RegExp(`--port-offset ${otherOffset({ portOffset: INSTALLED_OFFSET })}$`),
        ) as string,
      });
    });
  },
);

test.each([
  [false, `was made with --port-offset ${INSTALLED_OFFSET}, not ${ASKED_OFFSET}`],
  [true, "began: starting the stopped installation again"],
])("an installation goes on at its own offset only (keeps its own: %s)", async (keepsOffset, end) => {
  await withTempDir(async (directory) => {
    const contract = defineContract({ root: await stoppedInstallation(directory), portOffset: ASKED_OFFSET });
    expect(String(await refusalOf({ contract, keepsOffset, onlyNew: false }))).toContain(end);
  });
});

test("a second start of the same root is told another offset than its own", async () => {
  await withTempDir(async (directory) => {
    const contract = defineContract({ root: `${directory}/installation`, portOffset: 1_000 });
    const first = await claimRoot(contract, { keep: true });
    try {
      const second = await claimRoot(contract, { keep: true }).catch((error: unknown) => error);
      expect(second).toMatchObject({
        code: "already_running",
        hint: expect.stringMatching(/oroboros runtime up --port-offset 2000$/) as string,
      });
    } finally {
      first.release();
    }
  });
});
