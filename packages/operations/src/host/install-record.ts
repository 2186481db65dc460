import { contentHash, holdLock, makeDirectory, readTextFile, writeFileAtomic } from "@oroboros/host";
import { OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import { installRecordFile } from "@oroboros/slot-contract/host";
import { variablesOf } from "./files/env-text.ts";
import { textId, variableId, type HostText, type KnownTexts } from "./files/host-text.ts";

/** What installations have put on this host. */
export interface InstallRecord {
  /** Whether an installation has come to its end once. */
  installed: boolean;
  /** False while an installation is under way, and after one that was killed. */
  complete: boolean;
  /** Of every text that an installation that was finished, and one that may not have been, has written. */
  known: KnownTexts;
}

const NOTHING: InstallRecord = { installed: false, complete: false, known: {} };
const MODE = 0o600;

/**
 * A host on which nothing was installed has none.
 *
 * @throws OperatorError `not_set_up` where the file is not what an installation writes.
 */
export async function readRecord(contract: RuntimeContract): Promise<InstallRecord> {
  const path = installRecordFile(contract);
  const text = await readTextFile(path);
  if (text === undefined) return NOTHING;
  const record = recordIn(text);
  if (record !== undefined) return record;
  // Without it, files that are as they are rendered now are one's own all the same.
  throw new OperatorError("not_set_up", `${path} is not what an installation writes.`, {
    hint: `Have it written anew: rm ${path} && ./scripts/systemd-install-runtime.sh`,
  });
}

function recordIn(text: string): InstallRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<InstallRecord> | null;
    return typeof record?.known === "object" && record.known !== null ? { ...NOTHING, ...record } : undefined;
  } catch {
    return undefined;
  }
}

export async function writeRecord(contract: RuntimeContract, record: InstallRecord): Promise<void> {
  await writeFileAtomic(recordPath(contract), `${JSON.stringify(record, null, 2)}\n`, { mode: MODE });
}

/**
 * Lets nobody else install on this host until it is released, or this process ends.
 *
 * @throws OperatorError `already_running`.
 */
export const lockInstallation = (contract: RuntimeContract): Promise<{ release(): void }> =>
  holdLock(`${recordPath(contract)}.lock`, "An installation of this host");

function recordPath(contract: RuntimeContract): string {
  const path = installRecordFile(contract);
  makeDirectory(path.slice(0, path.lastIndexOf("/")), { mode: 0o755 });
  return path;
}

/**
 * The hashes of what is wanted now. With `before`, those of earlier installations as well: of one that is killed in the middle, some files
 * are old and others new, and the next one has to know both for its own.
 */
export function knownTexts(wanted: readonly HostText[], before: KnownTexts = {}): KnownTexts {
  const known = new Map(Object.entries(before).map(([id, hashes]) => [id, new Set(hashes)]));
  for (const text of wanted) {
    for (const [id, hash] of hashesOf(text)) known.set(id, (known.get(id) ?? new Set()).add(hash));
  }
  return Object.fromEntries([...known].map(([id, hashes]) => [id, [...hashes]]));
}

/** Of an env file each variable is one's own; the file itself is named, so that it is removed once it is wanted no more. */
function hashesOf(text: HostText): [id: string, hash: string][] {
  const whole: [string, string] = [textId(text), contentHash(text.text)];
  if (text.kind !== "env") return [whole];
  const variables = Object.entries(variablesOf(text.text));
  return [
    whole,
    ...variables.map(([name, value]): [string, string] => [variableId(text.path, name), contentHash(value)]),
  ];
}

/** Whole files that an installation has written, and that are wanted no more. */
export function leftOverPaths(wanted: readonly HostText[], known: KnownTexts): string[] {
  const paths = new Set(wanted.map(({ path }) => path));
  return Object.keys(known).filter((id) => !id.includes("#") && !paths.has(id));
}
