import { execFileSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";

const POLICY = "/usr/sbin/policy-rc.d";
const FOLDERS = ["/usr/bin", "/usr/sbin", "/bin"];

/** Installs a Debian package that brings a program of the same name, where that is missing. No service of it starts. */
export function installPeer(name: string, say: (line: string) => void): void {
  if (FOLDERS.some((folder) => existsSync(`${folder}/${name}`))) return;
  const command = `apt-get install --no-install-recommends ${name}`;
  if (process.geteuid?.() !== 0) throw new Error(`The peer ${name} is missing. As root: ${command}`);
  say(`installing ${name}`);
  const hadPolicy = existsSync(POLICY);
  if (!hadPolicy) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    aptGet(["update", "-qq"]);
    aptGet(["install", "-qq", "-y", "--no-install-recommends", name]);
  } finally {
    if (!hadPolicy) rmSync(POLICY, { force: true });
  }
}

const aptGet = (args: string[]): unknown =>
  execFileSync("/usr/bin/apt-get", args, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    // Standard output is the benchmark's own.
    stdio: ["ignore", 2, 2],
  });
