import type { RuntimeContract } from "@oroboros/slot-contract";
import { GENERATED_LINE, type GeneratedFile, nftablesFile, NFTABLES_TABLE } from "@oroboros/slot-contract/host";
import { confinedUsers, loopbackGrants, portOwners, type PortOfUser } from "./loopback-matrix.ts";
import { NEVER_REACHED, PRIVATE_NETWORKS, REFUSED_IPV6 } from "./networks.ts";
import { namedSet, quoted } from "./set.ts";

const TABLE = NFTABLES_TABLE.join(" ");

/**
 * Who of our users may connect where, by the user of the socket (nft(8), `meta skuid`). The number of rules is the same for
 * every number of slots: what grows is sets. nft looks users up when it loads the file, so they have to exist.
 *
 * Names are resolved on port 53 wherever the resolver is: its address is the host's own, changes with the network, and may be
 * link-local on a cloud; and the port is privileged (ip(7)), so no slot can answer there.
 */
export function renderNftables(contract: RuntimeContract): GeneratedFile {
  return {
    path: "nftables/oroboros.conf",
    text: `#!/usr/sbin/nft -f\n# ${GENERATED_LINE}\n${ruleset(contract)}`,
    kind: "file",
    installed: { path: nftablesFile(contract), mode: 0o644 },
  };
}

// Declared, emptied and made again in one transaction (nft -f), so that loading it twice leaves it as it is.
const ruleset = (contract: RuntimeContract): string => `table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
${sets(contract)}
  counter squatters { comment "answers on a port of the contract that its owner did not send" }
  counter loopback_refused { }
  counter network_refused { }

  chain output {
    type filter hook output priority filter; policy accept;
    # Sockets that PID 1 listens on are root's. The kernel's own packets have no socket, and match neither rule.
    oifname "lo" ct direction reply tcp sport @contract_port meta skuid != 0 tcp sport . meta skuid != @port_owner counter name squatters drop
    meta skuid vmap @confined
  }
  chain refuse {
    # The kernel sends few ICMP errors a second, and IPv6 tells none to a connect that is being made: either would wait.
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }
  chain loopback {
    ct direction reply accept
    ip daddr 127.0.0.1 meta skuid . tcp dport @loopback_may accept
    meta skuid @resolves meta l4proto { tcp, udp } th dport 53 accept
    counter name loopback_refused goto refuse
  }
  chain to_public {
    oifname "lo" goto loopback
    # Nobody of these serves to the outside, whatever address a program of theirs listens on.
    ct direction reply counter name network_refused drop
    meta l4proto { tcp, udp } th dport 53 accept
    ip daddr @never_reached counter name network_refused goto refuse
    ip daddr @slot_network accept
    ip daddr @private_network counter name network_refused goto refuse
    ip6 daddr @refused_ipv6 counter name network_refused goto refuse
  }
  chain to_nowhere {
    oifname "lo" goto loopback
    counter name network_refused goto refuse
  }
  chain to_anywhere {
    oifname "lo" goto loopback
  }
}
`;

function sets(contract: RuntimeContract): string {
  const owners = portOwners(contract);
  const confined = confinedUsers(contract);
  const userAndPort = ({ user, port }: PortOfUser): string => `${quoted(user)} . ${port}`;
  return [
    namedSet(
      "contract_port",
      "type inet_service;",
      owners.map(({ port }) => String(port)),
    ),
    namedSet(
      "port_owner",
      "type inet_service . uid;",
      owners.map(({ user, port }) => `${port} . ${quoted(user)}`),
    ),
    namedSet("loopback_may", "type uid . inet_service;", loopbackGrants(contract).map(userAndPort)),
    namedSet(
      "resolves",
      "type uid;",
      confined.flatMap(([user, outside]) => (outside === "nowhere" ? [] : [quoted(user)])),
    ),
    // The contract's networks may lie in each other.
    namedSet("slot_network", "type ipv4_addr; flags interval; auto-merge;", contract.slotNetworks),
    namedSet("never_reached", "type ipv4_addr; flags interval;", NEVER_REACHED),
    namedSet("private_network", "type ipv4_addr; flags interval;", PRIVATE_NETWORKS),
    namedSet("refused_ipv6", "type ipv6_addr; flags interval;", REFUSED_IPV6),
    namedSet(
      "confined",
      "type uid : verdict;",
      confined.map(([user, outside]) => `${quoted(user)} : jump to_${outside}`),
      "map",
    ),
  ].join("\n");
}
