import { defineContract, slotIds, slotNumber, type RuntimeContractInput } from "@oroboros/slot-contract";
import { slotUser } from "@oroboros/slot-contract/host";
import { expect, test } from "vitest";
import { hostUnits } from "./host-units.ts";
import { serializeUnit } from "./serialize-unit.ts";
import type { NamedUnit, ServiceSection } from "./unit-file.ts";

const CASES: [name: string, contract: RuntimeContractInput][] = [
  ["default", {}],
  ["one-slot", { slotCount: 1, slotLimits: { memoryMb: 512, cpuPercent: 100, tasks: 64 } }],
  [
    "ten-slots",
    {
      slotCount: 10,
      domain: "example.org",
      unitPrefix: "house",
      publicTls: { email: "ops@example.org" },
      portOffset: 20,
    },
  ],
];

test.each(CASES)("the units of %s are what they were", async (name, input) => {
  const units = hostUnits(defineContract(input)).map((unit) => `==> ${unit.name} <==\n${serializeUnit(unit)}`);
  await expect(units.toSorted().join("\n")).toMatchFileSnapshot(`../golden/${name}.units`);
});

const contract = defineContract({ slotCount: 12 });
const units = hostUnits(contract);
const services: [name: string, service: ServiceSection, unit: NamedUnit][] = units.flatMap((unit) =>
  unit.name.endsWith(".service") && unit.unit.Service !== undefined ? [[unit.name, unit.unit.Service, unit]] : [],
);
const serviceOf = (name: string): ServiceSection => services.find(([found]) => found === name)?.[1] ?? {};

test("every unit has a name of its own", () => {
  expect(new Set(units.map(({ name }) => name)).size).toBe(units.length);
});

test("one slot more changes the target, and adds files of its own", () => {
  const texts = (slotCount: number): Map<string, string> =>
    new Map(hostUnits(defineContract({ slotCount })).map((unit) => [unit.name, serializeUnit(unit)]));
  const [three, four] = [texts(3), texts(4)];
  expect([...three].filter(([name, text]) => four.get(name) !== text).map(([name]) => name)).toEqual([
    "ouroboros.target",
  ]);
  expect([...four.keys()].filter((name) => !three.has(name))).toEqual([
    "ouroboros-web@preview4.socket",
    "ouroboros-preview-backend@preview4.service.d/slot.conf",
    "ouroboros-step-@preview4.service.d/slot.conf",
    "ouroboros-purge@preview4.service.d/slot.conf",
  ]);
});

test.each(services)(
  "%s may be started again as often as somebody likes, and leaves no core",
  (_name, service, { unit }) => {
    expect(unit.Unit?.StartLimitIntervalSec).toBe(0);
    expect(service).toMatchObject({ LimitCORE: 0, ProtectSystem: "strict", NoNewPrivileges: true, ProtectHome: true });
  },
);

test.each(services)("%s reads its environment only where root alone writes", (_name, service) => {
  const file = service.EnvironmentFile ?? "/etc/oroboros/";
  const path =
    typeof file === "object" && "optional" in file ? file.optional : typeof file === "string" ? file : file[0];
  expect(path).toMatch(/^\/etc\/oroboros\//);
});

test("the api sees the host's own users", () => {
  expect(Object.keys(serviceOf("ouroboros-api.service"))).not.toContain("PrivateUsers");
  expect(Object.keys(serviceOf("ouroboros-api.service"))).not.toContain("ProcSubset");
});

test.each(slotIds(contract))("the units of %s are its own user's, and name no other slot", (slot) => {
  const own = units.filter(({ name }) => name.includes(`@preview${slotNumber(slot)}.service.d/`));
  expect(own).toHaveLength(3);
  for (const unit of own) {
    expect(unit.unit.Service).toMatchObject({ User: slotUser(slot), Group: slotUser(slot) });
    const named = [...serializeUnit(unit).matchAll(/preview-\d+/g)].map(([name]) => name);
    expect(new Set(named)).toEqual(new Set([slot]));
  }
});

test("what a branch says gets no secret, no capability but the one that its step's runner keeps, and a /run of its own", () => {
  const ofBranches = services.filter(([name]) => /-(step-.*|preview-backend|purge)@\.service$/.test(name));
  expect(ofBranches).toHaveLength(7);
  for (const [name, service] of ofBranches) {
    const capability = name.includes("-step-") ? "CAP_BLOCK_SUSPEND" : [];
    expect(service).toMatchObject({ CapabilityBoundingSet: capability, AmbientCapabilities: capability });
    expect(JSON.stringify(service.ExecStart).includes("--disable-sigusr1")).toBe(name.includes("-step-"));
    expect(service).toMatchObject({ MemoryMax: 1024, CPUQuota: 150, TasksMax: 256 });
    // A registry's settings, where packages are fetched; and those are root's to write.
    const fetches = service.PrivateNetwork === undefined && service.IPAddressDeny === undefined;
    expect(service.EnvironmentFile).toEqual(fetches ? { optional: "/etc/oroboros/packages.env" } : undefined);
    expect(service.TemporaryFileSystem).toContainEqual(expect.stringMatching(/^\/run:ro/));
    expect(service.InaccessiblePaths).toContainEqual({ optional: "/etc/oroboros" });
    expect(service.ExecStopPost).toMatchObject({ asRoot: true });
  }
});

test("steps that need no network have none, and those that need loopback have no more", () => {
  const network = (kind: string): unknown => {
    const { PrivateNetwork, IPAddressDeny, IPAddressAllow } = serviceOf(`ouroboros-step-${kind}@.service`);
    return [PrivateNetwork ?? false, IPAddressDeny, IPAddressAllow];
  };
  expect(network("checkout")).toEqual([true, "any", undefined]);
  expect(network("cleanup")).toEqual([true, "any", undefined]);
  expect(network("migrate")).toEqual([false, "any", "localhost"]);
  expect(network("build")).toEqual([false, undefined, undefined]);
});

test("nothing of a slot runs without the firewall, and no step is run twice because the firewall was loaded again", () => {
  const unitOf = (name: string): unknown => units.find((unit) => unit.name === name)?.unit.Unit;
  const firewall = "ouroboros-nftables.service";
  for (const name of ["step-install@", "step-build@", "step-migrate@", "purge@", "packages"]) {
    expect(unitOf(`ouroboros-${name}.service`)).toMatchObject({ After: firewall, StopPropagatedFrom: firewall });
    expect(unitOf(`ouroboros-${name}.service`)).toMatchObject({ AssertPathExists: "/run/oroboros/firewall" });
    expect(unitOf(`ouroboros-${name}.service`)).not.toHaveProperty("Requires");
  }
  expect(unitOf("ouroboros-preview-backend@.service")).toMatchObject({ Requires: firewall });
  expect(serviceOf(firewall).RuntimeDirectory).toBe("oroboros/firewall");
});

test("the target wants everything that runs for long, and all of that ends with it", () => {
  const target = units.find(({ name }) => name === "ouroboros.target")?.unit.Unit;
  const wanted = [target?.Wants ?? []].flat().flat().map(String);
  const templates = wanted
    .filter((name) => name.startsWith("ouroboros"))
    .map((name) => name.replace(/@.*\.service/, "@.service"));
  for (const name of new Set(templates)) {
    const unit = units.find((candidate) => candidate.name === name)?.unit.Unit;
    expect([name, [unit?.PartOf].flat()]).toEqual([name, expect.arrayContaining(["ouroboros.target"])]);
  }
  expect(target?.After).toEqual(target?.Wants);
});
