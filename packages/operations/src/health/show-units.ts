import { runCommand } from "@oroboros/host";

const SYSTEMCTL = "/usr/bin/systemctl";
const TIMEOUT_MS = 10_000;

export type UnitProperties = Readonly<Record<string, string>>;

/** Properties of units as systemd has them, by the names that were asked for; undefined where there is no systemd to ask. */
export async function showUnits(
  units: readonly string[],
  properties: readonly string[],
): Promise<ReadonlyMap<string, UnitProperties> | undefined> {
  if (units.length === 0) return new Map();
  const argv: [string, ...string[]] = [SYSTEMCTL, "show", `--property=${properties.join(",")}`, "--", ...units];
  const result = await runCommand({ argv, cwd: "/", env: { LC_ALL: "C.UTF-8" }, timeoutMs: TIMEOUT_MS }).catch(
    () => null,
  );
  if (result === null || result.exitCode !== 0) return undefined;
  const blocks = result.stdout.trimEnd().split("\n\n").map(parseProperties);
  return new Map(units.map((unit, index) => [unit, blocks[index] ?? {}]));
}

function parseProperties(block: string): UnitProperties {
  const pairs = block.split("\n").map((line): [string, string] => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return Object.fromEntries(pairs.filter(([name]) => name !== ""));
}
