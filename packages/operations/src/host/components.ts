import { pathAccess } from "@oroboros/host";
import { OperatorError } from "@oroboros/slot-contract";

export interface Component {
  /** Debian's package of it. */
  package: string;
  /** Whose being there tells that it is installed. */
  path: string;
  /** How to get it where installing the package does not make it. */
  made?: string;
}

/** What a host has from Debian; the runtime itself brings everything else along. */
export const COMPONENTS: readonly Component[] = [
  { package: "caddy", path: "/usr/bin/caddy" },
  { package: "postgresql-15", path: "/usr/lib/postgresql/15/bin/postgres" },
  {
    package: "postgresql-15",
    path: "/etc/postgresql/15/main/postgresql.conf",
    made: "pg_createcluster 15 main",
  },
  { package: "redis-server", path: "/usr/bin/redis-server" },
  { package: "redis-tools", path: "/usr/bin/redis-cli" },
  { package: "nftables", path: "/usr/sbin/nft" },
  { package: "polkitd", path: "/usr/lib/polkit-1/polkitd" },
  { package: "dbus", path: "/usr/bin/dbus-daemon" },
  { package: "git", path: "/usr/bin/git" },
  { package: "util-linux", path: "/usr/bin/setpriv" },
];

/** Below which a host that systemd has booted has its directories (sd_booted(3)). */
const BOOTED = "/run/systemd/system";

/** The components that this host lacks. */
export const missingComponents = (): Component[] => COMPONENTS.filter(({ path }) => pathAccess(path) === undefined);

/** @throws OperatorError `component_missing` where something else than systemd has booted this host. */
export function requireSystemd(): void {
  if (pathAccess(BOOTED)?.kind === "directory") return;
  throw new OperatorError("component_missing", `systemd is not PID 1 here: ${BOOTED} does not exist.`, {
    hint: "Install on a host that systemd has booted, or start everything below one directory with: oroboros runtime up",
  });
}

/** Names everything that is missing, and the one line that gets it; undefined where nothing is. */
export function missingError(missing: readonly Component[]): OperatorError | undefined {
  if (missing.length === 0) return undefined;
  const named = missing.map((component) => `${component.package} (${component.path})`).join(", ");
  const isMade = (component: Component): boolean =>
    component.made !== undefined &&
    !missing.some((other) => other !== component && other.package === component.package);
  const packages = [...new Set(missing.filter((each) => !isMade(each)).map((each) => each.package))];
  const commands = [
    ...(packages.length === 0 ? [] : [`apt-get install --yes ${packages.join(" ")}`]),
    ...missing.filter(isMade).flatMap(({ made }) => made ?? []),
  ];
  return new OperatorError("component_missing", `This host lacks ${named}.`, {
    hint: `Get it with: ${commands.join(" && ")}`,
  });
}
