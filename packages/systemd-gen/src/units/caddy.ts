import { caddyUnit, type RuntimeContract } from "@oroboros/slot-contract";
import { CADDY_USER, caddyfilePath, caddySocket, caddyStatePath, targetUnit } from "@oroboros/slot-contract/host";
import { CADDY_SANDBOX, ONLY_LOOPBACK } from "../hardening.ts";
import { type NamedUnit, type ServiceSection } from "../unit-file.ts";
import { directoryOf } from "./places.ts";

const CADDY = "/usr/bin/caddy";

/** Debian's program, with a configuration, an administration and certificates of our own. */
export function caddyUnits(contract: RuntimeContract): NamedUnit[] {
  const state = caddyStatePath(contract);
  const config = ["--config", caddyfilePath(contract), "--adapter", "caddyfile"];
  return [
    {
      name: caddyUnit(contract),
      unit: {
        Unit: { Description: "Oroboros reverse proxy", PartOf: targetUnit(contract), StartLimitIntervalSec: 0 },
        Service: {
          Type: "notify",
          User: CADDY_USER,
          Group: CADDY_USER,
          Environment: { HOME: state, XDG_DATA_HOME: `${state}/data`, XDG_CONFIG_HOME: `${state}/config` },
          ExecStart: { argv: [CADDY, "run", ...config] },
          ExecReload: { argv: [CADDY, "reload", ...config, "--address", `unix/${caddySocket(contract)}`, "--force"] },
          TimeoutStartSec: 30,
          // It waits for the requests that it has.
          TimeoutStopSec: 15,
          Restart: "always",
          RestartSec: 0.5,
          MemoryMax: 512,
          TasksMax: 256,
          ...CADDY_SANDBOX,
          ...reach(contract),
          StateDirectory: "oroboros/caddy",
          StateDirectoryMode: "0700",
          ReadWritePaths: [directoryOf(caddySocket(contract))],
        },
      },
    },
  ];
}

/** Public names need ports below 1024, and an authority for their certificates. */
function reach(contract: RuntimeContract): ServiceSection {
  if (contract.publicTls === false) return { ...ONLY_LOOPBACK, PrivateUsers: true };
  return {
    CapabilityBoundingSet: "CAP_NET_BIND_SERVICE",
    AmbientCapabilities: "CAP_NET_BIND_SERVICE",
  };
}
