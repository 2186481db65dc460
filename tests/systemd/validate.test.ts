import { defineContract, type RuntimeContract } from "@oroboros/slot-contract";
import {
  caddyfilePath,
  CADDY_USER,
  type GeneratedFile,
  nftablesFile,
  SYSUSERS_DIRECTORY,
  TMPFILES_DIRECTORY,
  UNIT_DIRECTORY,
} from "@oroboros/slot-contract/host";
import { reportMatrix } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { bootHost, generatedFiles, type Host } from "./boot-host.ts";
import { unitNames } from "./unit-names.ts";

test.each([1, 3, 10, 50])("every file of a host with %i slots is valid for whoever reads it", async (slotCount) => {
  await expectValid(defineContract({ slotCount }));
});

test("so it is with another domain, other units' names, public hosts, limits and networks of its own", async () => {
  const contract = defineContract({
    slotCount: 2,
    domain: "previews.example.org",
    unitPrefix: "another-one",
    publicTls: { email: "operator@example.org" },
    slotNetworks: ["10.20.0.0/16", "192.168.7.0/24"],
    slotLimits: { memoryMb: 512, cpuPercent: 50, tasks: 64 },
  });
  await expectValid(contract);
});

test.each([
  ["systemd/ouroboros-worker.service", "\n[Service]\nNoSuchThing=yes\n"],
  ["systemd/ouroboros-preview-backend@preview1.service.d/slot.conf", "\n[Service]\nReadWritePaths=relative\n"],
  ["caddy/Caddyfile", "\n}\n"],
  ["nftables/oroboros.conf", "\nnonsense\n"],
  ["polkit/49-oroboros.rules", "\n(\n"],
  ["sysusers/oroboros.conf", "\nx y z\n"],
  ["tmpfiles/oroboros.conf", "\nx y\n"],
])("a mistake in %s is noticed", async (path, mistake) => {
  const contract = defineContract({ slotCount: 1 });
  expect(generatedFiles(contract).map((file) => file.path)).toContain(path);
  const change = (file: GeneratedFile) => (file.path === path ? { ...file, text: file.text + mistake } : file);
  await using host = await bootHost({ contract, change });
  expect(await complaints(host)).not.toEqual([]);
});

async function expectValid(contract: RuntimeContract): Promise<void> {
  await using host = await bootHost({ contract });
  const found = await complaints(host);
  const cases = generatedFiles(contract).length;
  reportMatrix({ matrix: `files of ${contract.slotCount} slots`, cases, violations: found.length });
  expect(found).toEqual([]);
}

/** What the readers of the files say against them; each reads them where they are installed. */
async function complaints({ box, contract }: Host): Promise<string[]> {
  const caddyfile = caddyfilePath(contract);
  const verify = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=yes"];
  const readers = [
    [...verify, ...unitNames(contract).map((name) => `${UNIT_DIRECTORY}/${name}`)],
    ["systemd-sysusers", `${SYSUSERS_DIRECTORY}/oroboros.conf`],
    ["systemd-tmpfiles", "--create", `${TMPFILES_DIRECTORY}/oroboros.conf`],
    ["nft", "--check", "--file", nftablesFile(contract)],
    ["nft", "--file", nftablesFile(contract)],
    ["setpriv", "--reuid", CADDY_USER, "caddy", "validate", "--adapter", "caddyfile", "--config", caddyfile],
    ["caddy", "fmt", "--diff", caddyfile],
  ];
  const said = [];
  for (const reader of readers) said.push(await complaintOf({ box, contract }, reader));
  said.push(await polkitsComplaint({ box, contract }));
  return said.filter((text) => text !== "");
}

async function complaintOf({ box }: Host, argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await box.run(argv);
  // sysusers and tmpfiles warn and go on.
  const isWarned = argv[0] !== "setpriv" && stderr.trim() !== "";
  return exitCode === 0 && !isWarned ? "" : `${argv[0]} ${argv[1]} (${exitCode}): ${stderr}${stdout}`;
}

async function polkitsComplaint({ box }: Host): Promise<string> {
  await box.systemctl("restart", "polkit.service");
  const log = await box.journal("polkit.service");
  return /error/i.test(log) ? `polkit: ${log}` : "";
}
