import { snapshotDatabase, spareDatabase, type SlotId } from "@oroboros/slot-contract";
import { DatabaseError } from "pg";
import { fingerprintOf } from "../fingerprint/fingerprint-database.ts";
import { differences, type FingerprintPart } from "../fingerprint/fingerprint-part.ts";
import { readContentMarker } from "../marker.ts";
import { describeCopy, type CopyReader } from "./describe-copy.ts";
import { databaseNamed, type Claims, type Finding } from "./finding.ts";
import type { DatabaseFacts, ServerFacts } from "./observe-databases.ts";

/** As many parts as a person reads. */
const MOST_NAMED = 10;
/** It is gone, or something is connected to it: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const TAKEN = new Set(["3D000", "55006"]);

/**
 * Takes the fingerprints of every template, snapshot and spare anew, of copies that are dropped again. It reads all of them, which takes
 * about as long as making them did.
 *
 * @throws OperatorError where the disk would not hold a copy; the signal's reason.
 */
export async function compareContents(
  reader: CopyReader,
  server: ServerFacts,
  { slots, snapshots }: Claims,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const templates = new Map<string, FingerprintPart[]>();
  for (const template of server.databases) {
    const content = readContentMarker("template", template.comment);
    const parts = content && template.isTemplate ? await tryDescribe(reader, template, null) : undefined;
    if (content === undefined || parts === undefined) continue;
    templates.set(content.templateHash, parts);
    if (fingerprintOf(parts) !== content.contentFingerprint) findings.push(templateFinding(template));
  }
  for (const { id, version, contentFingerprint } of snapshots) {
    const database = databaseNamed(server, snapshotDatabase(id));
    if (contentFingerprint === null || database?.isTemplate !== true) continue;
    const parts = await tryDescribe(reader, database, null);
    if (parts !== undefined && fingerprintOf(parts) !== contentFingerprint)
      findings.push(snapshotFinding(database, version));
  }
  for (const { slot } of slots) {
    const spare = databaseNamed(server, spareDatabase(slot));
    const content = readContentMarker("spare", spare?.comment);
    const parts = spare && content && (await tryDescribe(reader, spare, slot));
    if (parts === undefined || content === undefined || fingerprintOf(parts) === content.contentFingerprint) continue;
    findings.push(spareFinding(slot, differences(templates.get(content.templateHash) ?? [], parts)));
  }
  return findings;
}

/** Undefined for a database that a reset has taken, dropped or copied meanwhile; the next audit reads its successor. */
async function tryDescribe(
  reader: CopyReader,
  { name: database }: DatabaseFacts,
  slot: SlotId | null,
): Promise<FingerprintPart[] | undefined> {
  reader.signal.throwIfAborted();
  try {
    return await describeCopy(reader, { database, slot });
  } catch (error) {
    if (error instanceof DatabaseError && TAKEN.has(String(error.code))) return undefined;
    throw error;
  }
}

const templateFinding = ({ name }: DatabaseFacts): Finding => ({
  code: "content_differs",
  slot: null,
  subject: name,
  message: `The content of template ${name} is not what it was when it was made.`,
  hint: `Find out who changed it. As the superuser: alter database ${name} is_template false; drop database ${name}; the next reset makes it anew.`,
});

const snapshotFinding = ({ name }: DatabaseFacts, version: string): Finding => ({
  code: "content_differs",
  slot: null,
  subject: name,
  message: `Snapshot ${version} does not hold what it held when it was made.`,
  hint: `Find out who changed it, drop it with: oroboros db snapshot drop ${version}; and make one of another version.`,
});

function spareFinding(slot: SlotId, parts: readonly string[]): Finding {
  const more = parts.length > MOST_NAMED ? ` and ${parts.length - MOST_NAMED} more` : "";
  const named = `${parts.slice(0, MOST_NAMED).join(", ")}${more}`;
  const subject = spareDatabase(slot);
  const message = `The content of ${subject}, which ${slot}'s next reset takes, is not its template's: ${named}.`;
  const hint = `Find out who changed it. As the superuser: drop database ${subject}; the next reset makes it anew.`;
  return { code: "content_differs", slot, subject, message, hint };
}
