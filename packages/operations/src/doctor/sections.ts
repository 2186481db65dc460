import { currentPath, type RuntimeContract } from "@oroboros/slot-contract";
import { maintenanceUnit } from "@oroboros/slot-contract/host";
import { readRecord } from "../host/install-record.ts";
import { observeTexts } from "../host/observe-texts.ts";
import { contractPorts, observeListeners } from "../host/ports.ts";
import { compareInfra } from "../render/compare-infra.ts";
import { renderInfra } from "../render/render-infra.ts";
import type { ServiceTopology } from "../health/service-topology.ts";
import { judgeDisk, observeDisk } from "./disk.ts";
import { exposureLimits, judgeExposure, observeExposure } from "./exposure.ts";
import { judgeFirewall, observeFirewall } from "./firewall.ts";
import { judgeAccounts, serviceUsers } from "./judge-accounts.ts";
import { judgeDomains } from "./judge-domains.ts";
import { judgeFiles, judgeRelease } from "./judge-files.ts";
import { judgePlaces } from "./judge-places.ts";
import { isReleased } from "./known-contract.ts";
import { judgePorts } from "./judge-ports.ts";
import { judgeUnits } from "./judge-units.ts";
import { judgeVersions } from "./judge-versions.ts";
import { observeAccounts } from "./observe-accounts.ts";
import { observePlaces, places } from "./observe-places.ts";
import { observeUnitFacts } from "./observe-unit-facts.ts";
import { observeVersions } from "./observe-versions.ts";
import { judgeRedis, observeRedis } from "./redis.ts";
import { releasedTexts } from "./released-texts.ts";
import type { Patient, SectionSpec } from "./section-spec.ts";

const onlyOnHost =
  (why: string) =>
  ({ topology }: Patient): string | undefined =>
    topology.manager === "systemd" ? undefined : `an embedded installation ${why}`;

/** On a host the task is its unit's, and root's own command is refused. */
const pruning = (contract: RuntimeContract, manager: ServiceTopology["manager"]): string =>
  manager === "systemd" ? `systemctl start ${maintenanceUnit(contract, "prune")}` : "oroboros maintenance prune";

/** Everything but the databases, which take a connection. */
export const SECTIONS: readonly SectionSpec[] = [
  {
    name: "versions",
    skips: onlyOnHost("brings its own programs along"),
    look: async ({ contract }) => {
      const versions = await observeVersions(contract);
      const found = Object.entries(versions).map(([program, version]) => [program, version ?? "none"]);
      return { seen: Object.fromEntries(found), findings: judgeVersions(versions) };
    },
  },
  {
    name: "users",
    skips: onlyOnHost("has numbers for users, and no accounts"),
    look: async ({ contract }) => ({
      seen: { users: serviceUsers(contract).length },
      findings: judgeAccounts(contract, await observeAccounts()),
    }),
  },
  {
    name: "permissions",
    skips: onlyOnHost("has its directories from its supervisor"),
    look: async ({ contract }) => {
      const wanted = places(contract);
      const findings = judgePlaces(wanted, observePlaces(wanted), await observeAccounts());
      return { seen: { places: wanted.length }, findings };
    },
  },
  {
    name: "ports",
    skips: onlyOnHost("starts only where its ports are free"),
    look: ({ contract }) => {
      const ports = contractPorts(contract);
      const listeners = observeListeners(ports);
      return Promise.resolve({
        seen: { ports: ports.length, listeners: listeners.length },
        findings: judgePorts(listeners),
      });
    },
  },
  {
    name: "units",
    skips: onlyOnHost("has no systemd units"),
    look: async ({ contract }) => {
      const facts = await observeUnitFacts(contract);
      return { seen: { units: facts.units?.size ?? 0 }, findings: judgeUnits(contract, facts) };
    },
  },
  {
    name: "exposure",
    skips: onlyOnHost("has no systemd units"),
    look: async ({ contract }) => {
      const limits = exposureLimits(contract);
      const found = await observeExposure([...limits.keys()]);
      const most = Math.max(0, ...[...limits.keys()].map((unit) => found.get(unit) ?? 0));
      return { seen: { units: limits.size, most_exposed: most }, findings: judgeExposure(limits, found) };
    },
  },
  {
    name: "files",
    skips: onlyOnHost("writes its files anew whenever it starts"),
    look: async ({ contract }) => {
      const wanted = await releasedTexts(contract);
      const { judged } = await observeTexts(contract, wanted, await readRecord(contract));
      const directory = `${currentPath(contract)}/infra`;
      const release = (await isReleased(contract))
        ? judgeRelease(await compareInfra(renderInfra(contract), directory), directory)
        : [];
      return { seen: { files: judged.length }, findings: [...judgeFiles(judged), ...release] };
    },
  },
  {
    name: "firewall",
    skips: onlyOnHost("changes nothing of the host's network"),
    look: async ({ contract }) => {
      const facts = await observeFirewall(contract);
      return { seen: { rules: facts.loaded?.rules ?? 0 }, findings: judgeFirewall(contract, facts) };
    },
  },
  {
    name: "redis",
    skips: ({ topology }) => (topology.redisUrl === undefined ? "the queue is in PostgreSQL" : undefined),
    look: async ({ topology }) => {
      const settings = await observeRedis(topology.redisUrl ?? "");
      return { seen: { settings: Object.keys(settings ?? {}).length }, findings: judgeRedis(settings) };
    },
  },
  {
    name: "disk",
    look: async ({ contract, topology }) => {
      const rooms = await observeDisk(contract, topology.manager);
      return { seen: { file_systems: rooms.size }, findings: judgeDisk(rooms, pruning(contract, topology.manager)) };
    },
  },
  {
    name: "domains",
    skips: onlyOnHost("answers on ports, and on no public name"),
    look: ({ contract }) =>
      Promise.resolve({ seen: { sites: contract.slotCount + 3 }, findings: judgeDomains(contract) }),
  },
];
