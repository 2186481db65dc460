/** Refused to slots, installs and builds whatever a contract says: this host, link-local (metadata of clouds), multicast. */
export const NEVER_REACHED = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"] as const;
/** Refused unless the contract names a network of them (RFC 6890). */
export const PRIVATE_NETWORKS = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
] as const;

/** The same of IPv6; a contract's networks are IPv4, so none of these is ever let through. */
export const REFUSED_IPV6 = [
  "::/127",
  "fc00::/7",
  "fe80::/10",
  "ff00::/8",
  // 6to4 and Teredo carry any IPv4 address in theirs.
  "2002::/16",
  "2001::/32",
  // So does a translator (RFC 6052), whose public addresses a host without IPv4 needs.
  ...[...NEVER_REACHED, ...PRIVATE_NETWORKS].map(behindTranslator),
];

function behindTranslator(network: string): string {
  const [address = "", bits] = network.split("/");
  const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return `64:ff9b::${bytes.slice(0, 2).join("")}:${bytes.slice(2).join("")}/${96 + Number(bits)}`;
}
