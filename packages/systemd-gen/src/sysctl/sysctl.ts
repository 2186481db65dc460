import { GENERATED_LINE, type GeneratedFile, SYSCTL_DIRECTORY } from "@oroboros/slot-contract/host";

/** Settings of the kernel that a host's promises rest on (sysctl.d(5)). */
export function renderSysctl(): GeneratedFile {
  return {
    path: "sysctl/60-oroboros.conf",
    text: [
      `# ${GENERATED_LINE}`,
      "# Caddy reloads by opening its port a second time and closing the first socket. What waits in that goes to the second.",
      "net.ipv4.tcp_migrate_req = 1",
      "",
    ].join("\n"),
    kind: "file",
    installed: { path: `${SYSCTL_DIRECTORY}/60-oroboros.conf`, mode: 0o644 },
  };
}
