/** The first version of a program without a hole that matters here, as far as was known on {@link KNOWN_ON}. */
export interface KnownHole {
  program: string;
  /** Of the program itself, or of Debian's package of it: `252.38-1~deb12u1`. */
  soundFrom: string;
  /** Only where the version begins so: fixes of other branches have other numbers. */
  branch?: string;
  hole: string;
  source: string;
  hint: string;
}

export const KNOWN_ON = "2026-11-20";

const upgrade = (name: string): string => `Update it, on Debian with: apt-get install --only-upgrade ${name}`;

/** PostgreSQL's are judged with its databases, by what the running server says of itself. */
export const KNOWN_HOLES: readonly KnownHole[] = [
  {
    program: "caddy",
    soundFrom: "2.11.1",
    hole: "its matchers and its administration have known holes (the generated configuration relies on neither path matchers nor a TCP administration port)",
    source: "https://github.com/caddyserver/caddy/security/advisories",
    hint: "Debian 12 has no newer one. Let no untrusted network reach it directly, or install a current release from https://caddyserver.com/docs/install",
  },
  {
    program: "systemd",
    branch: "252",
    soundFrom: "252.38-1~deb12u1",
    hole: "CVE-2025-4598: the core dump of a privileged process can be read",
    source: "https://security-tracker.debian.org/tracker/CVE-2025-4598",
    hint: upgrade("systemd"),
  },
  {
    program: "redis-server",
    branch: "5:7.0.15",
    soundFrom: "5:7.0.15-1~deb12u10",
    hole: "CVE-2026-81934 and, before it, CVE-2026-66373 and CVE-2025-49844: who reaches it, or may send commands, can run code",
    source: "https://security-tracker.debian.org/tracker/source-package/redis",
    hint: upgrade("redis-server"),
  },
  {
    program: "git",
    branch: "1:2.39.5",
    soundFrom: "1:2.39.5-0+deb12u3",
    hole: "CVE-2025-48384: a cloned submodule can write where it should not",
    source: "https://security-tracker.debian.org/tracker/CVE-2025-48384",
    hint: upgrade("git"),
  },
];

/** The oldest of each that the runtime works with. */
export const OLDEST: Readonly<Record<string, { version: string; why: string }>> = {
  systemd: { version: "252", why: "older ones do not know the sandboxing that the units ask for" },
  caddy: { version: "2.6.2", why: "the Caddyfile is written for it" },
  "redis-server": { version: "5:6.2", why: "the queue needs it" },
  git: { version: "1:2.34", why: "older ones can not check out as the slots' users do" },
  node: { version: "24.0.0", why: "the release is built for it" },
  kernel: { version: "5.10", why: "older ones do not enforce what the units ask for" },
};
