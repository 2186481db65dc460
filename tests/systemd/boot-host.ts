import { renderCaddy } from "@oroboros/caddy-gen";
import { defineContract, etcPath, releasesPath, type RuntimeContract } from "@oroboros/slot-contract";
import { type GeneratedFile, releaseApp } from "@oroboros/slot-contract/host";
import { renderSystemd } from "@oroboros/systemd-gen";
import { bootBox, type Box, type BoxFile, type BoxOptions } from "@oroboros/test-support";

export const PROGRAMS = "/srv/oroboros-programs";
const RELEASE = "0".repeat(40);
const APPS = ["api", "cli", "migration-guard", "step-runner", "supervisor", "web-surface", "worker"];
// What the generated files leave to the installation; whoever reads this in a slot has found a secret.
const SECRETS = 'DATABASE_URL="postgresql://secret-of-api"\nSLOT_DATABASE_PASSWORD_KEY="secret-of-worker"\n';

export interface HostOptions extends Partial<BoxOptions> {
  readonly contract?: RuntimeContract;
  /** Programs of `programs/` that stand in for apps of a release; the others end at once. */
  readonly apps?: Readonly<Record<string, string>>;
  /** Changes or removes what was generated, to see what depends on it. */
  readonly change?: (file: GeneratedFile) => GeneratedFile | null;
}

export interface Host {
  readonly box: Box;
  readonly contract: RuntimeContract;
}

export const generatedFiles = (contract: RuntimeContract): GeneratedFile[] => [
  ...renderSystemd(contract),
  ...renderCaddy(contract),
];

/** A box with every generated file in its place when systemd starts, and a release of stand-ins; nothing of ours is started. */
export async function bootHost(options: HostOptions = {}): Promise<Host & AsyncDisposable> {
  const { contract = defineContract(), apps = {}, change = (file) => file, files = {}, binds = [], ...rest } = options;
  const release = `${releasesPath(contract)}/${RELEASE}`;
  const box = await bootBox({
    network: "none",
    ...rest,
    files: { ...installedFiles(contract, change), ...stagedApps(contract, release, apps), ...files },
    binds: [
      { from: process.execPath, to: `${release}/bin/node` },
      { from: `${import.meta.dirname}/programs`, to: PROGRAMS },
      ...binds,
    ],
  });
  await box.must(["ln", "--symbolic", release, `${releasesPath(contract)}/../current`]);
  return { box, contract, [Symbol.asyncDispose]: () => box.stop() };
}

function installedFiles(contract: RuntimeContract, change: (file: GeneratedFile) => GeneratedFile | null) {
  const files: Record<string, BoxFile> = {};
  for (const generated of generatedFiles(contract)) {
    const file = change(generated);
    if (file === null || file.installed === null) continue;
    const holdsSecrets = [`${etcPath(contract)}/api.env`, `${etcPath(contract)}/worker.env`].includes(
      file.installed.path,
    );
    files[file.installed.path] = { text: holdsSecrets ? file.text + SECRETS : file.text, mode: file.installed.mode };
  }
  return files;
}

function stagedApps(contract: RuntimeContract, release: string, apps: Readonly<Record<string, string>>) {
  const files: Record<string, BoxFile> = {
    [`${release}/bin/pnpm`]: { text: "#!/bin/sh\n", mode: 0o755 },
  };
  for (const file of generatedFiles(contract)) {
    if (file.path.startsWith("bin/")) files[`${release}/${file.path}`] = { text: file.text, mode: 0o755 };
  }
  for (const app of APPS) {
    const program = apps[app];
    const text = program === undefined ? "" : `import("${PROGRAMS}/${program}.ts");\n`;
    files[releaseApp(contract, app).replace(/^.*\/current/, release)] = { text, mode: 0o644 };
  }
  return files;
}
