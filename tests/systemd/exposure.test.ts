import type { GeneratedFile } from "@oroboros/slot-contract/host";
import { reportMatrix } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { bootHost, type Host } from "./boot-host.ts";
import { unitNames } from "./unit-names.ts";

/** How exposed a service may be, by its name without prefix and instance; 10 is no protection at all. */
const LIMITS: Readonly<Record<string, number>> = {
  "preview-backend": 1.5,
  purge: 1.5,
  "step-checkout": 1.5,
  "step-install": 1.5,
  "step-build": 1.5,
  "step-migrate": 1.5,
  "step-cleanup": 1.5,
  api: 2,
  web: 2,
  // What a commit of main says.
  app: 2,
  build: 2,
  "app-migrate": 2,
  packages: 2,
  caddy: 2,
  worker: 3,
  "reap-leases": 3,
  "audit-resets": 3,
  "audit-contents": 3,
  prune: 3,
  "daily-summary": 3,
};
// Root's own, which make firewalls and releases.
const UNLIMITED = ["nftables", "deploy", "self-deploy", "rollback"];

test("no service is exposed more than its kind may be, as systemd counts it", async () => {
  await using host = await bootHost();
  const services = limitedServices(host);
  const over = await tooExposed(host, services);
  reportMatrix({ matrix: "exposure", cases: services.length, violations: over.length });
  expect(over).toEqual([]);
});

test("a service that lost lines of its sandbox is noticed", async () => {
  const change = (file: GeneratedFile) => ({
    ...file,
    text: file.text.replace(/^(SystemCallFilter|CapabilityBoundingSet)=.*\n/gm, ""),
  });
  await using host = await bootHost({ change });
  const services = limitedServices(host).filter((name) => !name.includes("preview2") && !name.includes("preview3"));
  expect((await tooExposed(host, services)).map(({ name }) => name)).toEqual(services);
});

const limitedServices = ({ contract }: Host): string[] =>
  unitNames(contract).filter((name) => name.endsWith(".service") && !UNLIMITED.includes(kindOf(name)));

async function tooExposed(host: Host, services: readonly string[]): Promise<{ name: string; exposed: number }[]> {
  const over = [];
  for (const name of services) {
    const exposed = await exposure(host, name);
    if (!(exposed <= (LIMITS[kindOf(name)] ?? 0))) over.push({ name, exposed });
  }
  return over;
}

const kindOf = (unit: string): string => unit.replace(/^ouroboros-|(@.*)?\.service$/g, "");

/** As the running manager has the unit, drop-ins included. */
async function exposure({ box }: Host, unit: string): Promise<number> {
  const report = await box.must(["systemd-analyze", "security", "--no-pager", unit]);
  return Number(/Overall exposure level for .*: ([\d.]+)/.exec(report)?.[1]);
}
