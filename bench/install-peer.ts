import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const FOLDERS = ["/usr/bin", "/usr/sbin", "/bin"];
/** While apt works: no service starts, and PostgreSQL gets no cluster but the benchmark's. */
const RESTRAINTS = [
  { path: "/usr/sbin/policy-rc.d", text: "#!/bin/sh\nexit 101\n", mode: 0o755 },
  {
    path: "/etc/postgresql-common/createcluster.d/oroboros-bench.conf",
    text: "create_main_cluster = false\n",
    mode: 0o644,
  },
];

/** Installs a Debian package where its program is missing, which is called as the package is if none is named. */
export function installPeer(name: string, say: (line: string) => void, program?: string): void {
  const programs = program === undefined ? FOLDERS.map((folder) => `${folder}/${name}`) : [program];
  if (programs.some((path) => existsSync(path))) return;
  const command = `apt-get install --no-install-recommends ${name}`;
  if (process.geteuid?.() !== 0) throw new Error(`The peer ${name} is missing. As root: ${command}`);
  say(`installing ${name}`);
  const ours = RESTRAINTS.filter(({ path }) => !existsSync(path));
  try {
    for (const { path, text, mode } of ours) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text, { mode });
    }
    aptGet(["update", "-qq"]);
    aptGet(["install", "-qq", "-y", "--no-install-recommends", name]);
  } finally {
    for (const { path } of ours) rmSync(path, { force: true });
  }
}

const aptGet = (args: string[]): unknown =>
  execFileSync("/usr/bin/apt-get", args, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    // Standard output is the benchmark's own.
    stdio: ["ignore", 2, 2],
  });
