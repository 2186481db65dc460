import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { boxOf, type Box } from "./box.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../../..");
const SCRIPT = join(import.meta.dirname, "box.sh");

export interface BoxOptions {
  /** `none`: a network of its own, with nothing but loopback. `host`: the machine's, and nft refuses. */
  readonly network: "none" | "host";
  /** Version 2 also where the machine has both; otherwise what the machine has. */
  readonly cgroups?: "auto" | "v2";
  /** Files that are there when systemd starts; text is 0644 of root. */
  readonly files?: Readonly<Record<string, string | BoxFile>>;
  /** Places of this machine to see in the box, read-only unless `writable`. Its root file system is there, but for /tmp and /var/tmp, and so is this clone. */
  readonly binds?: readonly BoxBind[];
  /** Debian's services as they are after `apt-get install`: enabled and running. PostgreSQL with a new cluster 15-main. */
  readonly services?: readonly DebianService[];
}

export interface BoxFile {
  readonly text: string;
  readonly mode: number;
}

export interface BoxBind {
  readonly from: string;
  /** The same place as outside, if not said. */
  readonly to?: string;
  readonly writable?: boolean;
}

export type DebianService = "postgresql" | "redis-server" | "caddy" | "nftables";

/**
 * Boots a real systemd in namespaces of its own, over an overlay of this machine's root file system: a Debian with the machine's
 * packages, nothing enabled, and no trace of it afterwards, however this process ends. Several may run at once. Needs root.
 */
export async function bootBox(options: BoxOptions): Promise<Box> {
  if (process.getuid?.() !== 0) throw new Error("A systemd box needs root: namespaces and mounts.");
  const directory = await mkdtemp(join(tmpdir(), "oroboros-box-"));
  await stage(directory, options);
  const { network, cgroups = "auto", services = [] } = options;
  // In a session of its own: an interrupt from the keyboard ends us, and with us its input.
  const keeper = spawn(SCRIPT, [directory, network, cgroups], { stdio: ["pipe", "pipe", "pipe"], detached: true });
  const { pid, controllers } = await booted(keeper);
  const box = boxOf({ pid, keeperPid: keeper.pid ?? 0, controllers, network, directory, stop: () => stop(keeper) });
  try {
    await startServices(box, services);
  } catch (error) {
    await box.stop();
    throw error;
  }
  return box;
}

async function stage(directory: string, { files = {}, binds = [] }: BoxOptions): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    const { text, mode } = typeof file === "string" ? { text: file, mode: 0o644 } : file;
    const staged = join(directory, "files", path);
    await mkdir(dirname(staged), { recursive: true });
    await writeFile(staged, text, { mode });
  }
  const lines = [...hiddenRepository(), ...binds].map(
    ({ from, to = from, writable = false }) => `${from}\t${to}\t${writable ? "rw" : "ro"}\n`,
  );
  await writeFile(join(directory, "binds"), lines.join(""));
}

/** The overlay shows one file system, and has directories for temporary files of its own: a clone elsewhere would not be seen. */
function hiddenRepository(): BoxBind[] {
  const isHidden = /^\/(var\/)?tmp\//.test(REPOSITORY) || statSync(REPOSITORY).dev !== statSync("/").dev;
  return isHidden ? [{ from: REPOSITORY }] : [];
}

async function booted(keeper: ChildProcess): Promise<{ pid: number; controllers: ReadonlySet<string> }> {
  const { stdout, stderr } = keeper;
  if (stdout === null || stderr === null) throw new Error("The box's script was started without pipes.");
  let complaint = "";
  stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  for await (const line of createInterface({ input: stdout })) {
    const [, pid, controllers] = /^ready (\d+) (\S*)$/.exec(line) ?? [];
    if (pid !== undefined && controllers !== undefined) {
      return { pid: Number(pid), controllers: new Set(controllers.split(",")) };
    }
  }
  throw new Error(`The box did not boot:\n${complaint}`);
}

async function stop(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  const gone = once(keeper, "exit");
  keeper.stdin?.end();
  await gone;
}

async function startServices(box: Box, services: readonly DebianService[]): Promise<void> {
  if (services.length === 0) return;
  if (services.includes("postgresql")) await box.must(["pg_createcluster", "15", "main"]);
  await box.must(["systemctl", "enable", "--quiet", "--now", ...services.map((name) => `${name}.service`)]);
}
