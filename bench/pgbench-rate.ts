import { spawn } from "node:child_process";

/** Debian's postgresql-15, which the tests need too, brings it. */
const PGBENCH = "/usr/lib/postgresql/15/bin/pgbench";

/** Transactions a second of pgbench with prepared statements, in one thread as Node; connecting does not count. */
export async function pgbenchRate({
  url,
  script,
  clients,
  transactions,
}: {
  url: string;
  script: string;
  clients: number;
  /** Of each client. */
  transactions: number;
}): Promise<number> {
  const args = ["-n", "-M", "prepared", "-f", script, "-D", "ready=0", "-c", String(clients), "-j", "1"];
  const child = spawn(PGBENCH, [...args, "-t", String(transactions), url], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [, rate] = /^tps = ([0-9.]+) /m.exec(output) ?? [];
  if (rate === undefined || child.exitCode !== 0) throw new Error(`pgbench failed: ${output}`);
  return Number(rate);
}
