import type { RuntimeContract } from "@oroboros/slot-contract";
import { NFTABLES_TABLE, nftablesFile, nftablesUnit, targetUnit } from "@oroboros/slot-contract/host";
import { TOOL_SANDBOX } from "../hardening.ts";
import type { NamedUnit } from "../unit-file.ts";
import { FIREWALL_MARK } from "./places.ts";

const NFT = "/usr/sbin/nft";
/** Debian's own, which empties the whole ruleset whenever it starts, stops or reloads. */
const DEBIANS = "nftables.service";

/**
 * Loads our table, and loads it again whenever Debian's unit has emptied all of them: by Debian's own unit, at once, because a start of it
 * is told to nobody else.
 */
export function nftablesUnits(contract: RuntimeContract): NamedUnit[] {
  const load = { argv: [NFT, "-f", nftablesFile(contract)] } as const;
  return [
    {
      name: nftablesUnit(contract),
      unit: {
        Unit: {
          Description: "Oroboros firewall: who may connect to whom on this host",
          DefaultDependencies: false,
          PartOf: [DEBIANS, targetUnit(contract)],
          ReloadPropagatedFrom: DEBIANS,
          After: ["local-fs.target", "systemd-sysusers.service", DEBIANS],
          StartLimitIntervalSec: 0,
        },
        Service: {
          Type: "oneshot",
          RemainAfterExit: true,
          ExecStart: load,
          ExecReload: load,
          // Somebody may have emptied the ruleset by hand.
          ExecStop: { argv: [NFT, "delete", "table", ...NFTABLES_TABLE], mayFail: true },
          TimeoutStartSec: 30,
          RuntimeDirectory: `oroboros/${FIREWALL_MARK}`,
          ...TOOL_SANDBOX,
          CapabilityBoundingSet: "CAP_NET_ADMIN",
          RestrictAddressFamilies: ["AF_NETLINK", "AF_UNIX"],
        },
      },
    },
    {
      name: `${DEBIANS}.d/oroboros.conf`,
      unit: { Service: { ExecStartPost: { ...load, mayFail: true }, ExecReload: { ...load, mayFail: true } } },
    },
  ];
}
