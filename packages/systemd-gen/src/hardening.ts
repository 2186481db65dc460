import { maybe, type ServiceSection } from "./unit-file.ts";

/** What no unit of ours needs (systemd.exec(5)). Everything else about rights is said by the profiles below. */
const HARDENED = {
  UMask: "0027",
  LimitCORE: 0,
  NoNewPrivileges: true,
  CapabilityBoundingSet: [],
  AmbientCapabilities: [],
  ProtectSystem: "strict",
  ProtectHome: true,
  PrivateTmp: true,
  PrivateDevices: true,
  PrivateIPC: true,
  ProtectProc: "invisible",
  ProtectKernelTunables: true,
  ProtectKernelModules: true,
  ProtectKernelLogs: true,
  ProtectControlGroups: true,
  ProtectClock: true,
  ProtectHostname: true,
  RestrictNamespaces: true,
  RestrictRealtime: true,
  RestrictSUIDSGID: true,
  LockPersonality: true,
  RemoveIPC: true,
  DevicePolicy: "closed",
  SystemCallArchitectures: "native",
  // V8 guards its code with memory protection keys, and a call that is refused must not end the process. What io_uring does for a process
  // passes by every filter, the one of address families too; and keys outlive whoever kept something in them.
  SystemCallFilter: [
    ["@system-service", "@pkey"],
    ["~@privileged", "@resources", "@keyring", "io_uring_enter", "io_uring_register", "io_uring_setup"],
  ],
  SystemCallErrorNumber: "EPERM",
} satisfies ServiceSection;

const FAMILIES = ["AF_INET", "AF_INET6", "AF_UNIX"];
/** By its netlink a program lists the host's interfaces, as many servers do when they start, and changes nothing without a capability. */
const BRANCH_FAMILIES = [...FAMILIES, "AF_NETLINK"];
export const ONLY_LOOPBACK = { IPAddressDeny: "any", IPAddressAllow: "localhost" };

/** How far what a branch says may reach; the rules of nftables narrow it, and are not alone where they need not be. */
export const NETWORKS = {
  /** Not even loopback. */
  none: { PrivateNetwork: true, RestrictAddressFamilies: "AF_UNIX", IPAddressDeny: "any" },
  loopback: { RestrictAddressFamilies: BRANCH_FAMILIES, ...ONLY_LOOPBACK },
  /** No `IPAddressDeny=`: it knows no ports, and the resolver of a cloud may have the address that its metadata must not be read from. */
  full: { RestrictAddressFamilies: BRANCH_FAMILIES },
} satisfies Record<string, ServiceSection>;
export type Network = keyof typeof NETWORKS;

/** Ways to PID 1, to other services and to secrets that a directory's mode leaves open. */
export const HOST_SOCKETS = ["/run/dbus", "/run/systemd/private", "/run/polkit", "/run/postgresql", "/run/redis"].map(
  maybe,
);

/**
 * The api reads whose a connection is in `/proc/self/net`, by the host's own uids and users: neither `PrivateUsers=` nor
 * `ProcSubset=pid` may come here.
 */
export const API_SANDBOX = {
  ...HARDENED,
  RestrictAddressFamilies: FAMILIES,
  ...ONLY_LOOPBACK,
  UMask: "0077",
  LimitNOFILE: 16_384,
  InaccessiblePaths: HOST_SOCKETS,
} satisfies ServiceSection;

/** Serves files that everybody may read. */
export const WEB_SANDBOX = {
  ...HARDENED,
  RestrictAddressFamilies: FAMILIES,
  ...ONLY_LOOPBACK,
  UMask: "0077",
  LimitNOFILE: 16_384,
  PrivateUsers: true,
  ProcSubset: "pid",
} satisfies ServiceSection;

/** Asks systemd over D-Bus, runs git, and pushes where an operator has told it to. */
export const WORKER_SANDBOX = {
  ...HARDENED,
  RestrictAddressFamilies: FAMILIES,
  LimitNOFILE: 16_384,
} satisfies ServiceSection;

/**
 * What a branch says. All of `/run` is out of its sight, other programs' sockets with it, but what a unit binds and the names of the
 * host's resolvers; and what is shared in memory is its own.
 */
export const BRANCH_SANDBOX = {
  ...HARDENED,
  // Access lists of a slot's directories would outlive its run, and the next run's files would inherit them. Programs that copy attributes
  // along take that answer for a file system without them.
  SystemCallFilter: [
    ...HARDENED.SystemCallFilter,
    ["~setxattr:EOPNOTSUPP", "fsetxattr:EOPNOTSUPP", "lsetxattr:EOPNOTSUPP"],
  ],
  LimitNOFILE: 16_384,
  OOMScoreAdjust: 500,
  TemporaryFileSystem: ["/run:ro,mode=0755", "/dev/shm:mode=1777,size=25%"],
} satisfies ServiceSection;

/** What `/etc/resolv.conf` links to, by whoever manages it. */
export const RESOLVER_FILES = [
  "/run/systemd/resolve/stub-resolv.conf",
  "/run/systemd/resolve/resolv.conf",
  "/run/NetworkManager/resolv.conf",
  "/run/resolvconf/resolv.conf",
  "/run/connman/resolv.conf",
].map(maybe);

/** Go: no code is made at run time, and only its own files are read. */
export const CADDY_SANDBOX = {
  ...HARDENED,
  RestrictAddressFamilies: FAMILIES,
  MemoryDenyWriteExecute: true,
  ProcSubset: "pid",
  LimitNOFILE: 16_384,
} satisfies ServiceSection;

/** Root's own tools, which touch one thing each. */
export const TOOL_SANDBOX = {
  ...HARDENED,
  ProcSubset: "pid",
  MemoryDenyWriteExecute: true,
} satisfies ServiceSection;

/** Root that puts a release in its place: the files of every owner, and systemd's own socket. */
export const RELEASE_SANDBOX = {
  ...HARDENED,
  UMask: "0022",
  CapabilityBoundingSet: ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"],
  RestrictAddressFamilies: FAMILIES,
  SystemCallFilter: [["@system-service", "@pkey"]],
} satisfies ServiceSection;
