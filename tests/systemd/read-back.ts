import { writeFile } from "node:fs/promises";
import { OperatorError } from "@oroboros/slot-contract";
import { serializeUnit, type UnitFile } from "@oroboros/systemd-gen";
import type { Box } from "@oroboros/test-support";

const UNITS = "/run/systemd/system";
const OUTPUT = "/run/read-back";
const MANAGER = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"] as const;
// Arguments of one command line stay below its limit (execve(2)).
const NAMES_PER_CALL = 500;

/** Whether the writer takes the value; anything but an operator's error is a bug of the writer. */
export function isCarried(write: () => unknown): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}

/** A service that ends at once and whose output {@link output} reads. */
export const dumping = (service: NonNullable<UnitFile["Service"]>): string =>
  unitText({ Service: { Type: "oneshot", StandardOutput: OUTPUT, ...service } });

export const unitText = (unit: UnitFile): string => serializeUnit({ name: "value.service", unit });

/** What the service wrote to its standard output. */
export async function output(box: Box, text: string): Promise<string> {
  await box.must(["rm", "--force", OUTPUT]);
  await writeUnits(box, [text]);
  await box.systemctl("start", unitName(0));
  return box.must(["cat", OUTPUT]);
}

export async function writeUnits(box: Box, texts: readonly string[]): Promise<void> {
  await Promise.all(texts.map((text, index) => writeFile(box.path(`${UNITS}/${unitName(index)}`), text)));
  await box.systemctl("daemon-reload");
}

const unitName = (index: number): string => `value${index}.service`;

/** The descriptions of the first `count` units, from the manager itself: `systemctl show` prints no line ends as such. */
export async function descriptions(box: Box, count: number): Promise<string[]> {
  const found = new Map<string, string>();
  const names = Array.from({ length: count }, (_, index) => unitName(index));
  for (let at = 0; at < count; at += NAMES_PER_CALL) {
    const part = names.slice(at, at + NAMES_PER_CALL);
    const answer = await box.must([
      "busctl",
      "--json=short",
      "call",
      ...MANAGER,
      "ListUnitsByNames",
      "as",
      String(part.length),
      ...part,
    ]);
    const [units] = (JSON.parse(answer) as { data: [[name: string, description: string][]] }).data;
    for (const [name, description] of units) found.set(name, description);
  }
  return names.map((name) => found.get(name) ?? "no such unit");
}

/** A property of the first `count` units. */
export async function properties(box: Box, count: number, name: string): Promise<unknown[]> {
  const script = `for ((i = 0; i < $1; i++)); do
    busctl --json=short get-property ${MANAGER[0]} "${MANAGER[1]}/unit/value\${i}_2eservice" org.freedesktop.systemd1.Service "$2"
  done`;
  const answers = await box.must(["bash", "-euc", script, "properties", String(count), name]);
  return answers
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { data: unknown }).data);
}
