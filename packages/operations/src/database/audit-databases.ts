import {
  auditObjection,
  findChangedResets,
  findProvenance,
  isComplete,
  listRecordedSlots,
  listRecordedSnapshots,
  noteFindings,
  verifyAudit,
  type Actor,
  type ChangedReset,
  type RecordedReset,
  type RecordedSlot,
  type Store,
  type StoredSnapshot,
} from "@oroboros/control-store";
import {
  compareContents,
  judgeDatabases,
  observeDatabases,
  type ClaimedReset,
  type Claims,
  type Finding,
  type ServerFacts,
  type SlotClaims,
  type SnapshotClaim,
} from "@oroboros/db-safety";
import type { Context } from "../context.ts";

export interface AuditFinding {
  code: Finding["code"] | "provenance_changed" | "audit_log_broken";
  slot_id: string | null;
  /** The database, role or record that is wrong. */
  subject: string;
  message: string;
  /** What to type next. */
  hint: string;
}

export interface DatabaseAudit {
  ok: boolean;
  /** Whether contents were compared, and the audit log's chain recomputed. */
  deep: boolean;
  slots: number;
  databases: number;
  findings: AuditFinding[];
}

interface AuditRequest {
  deep: boolean;
  signal: AbortSignal;
  /** Who has asked for it; the worker where nobody did. */
  actor?: Actor;
}

interface Observed {
  server: ServerFacts;
  claims: Claims;
  changed: ChangedReset[];
}

/**
 * Compares what the control database says of the slots' databases, logins and templates with what the server has, in one moment. What
 * it finds is logged and noted in the audit log; nothing is changed. With `deep` every template and spare is read as well.
 *
 * @throws OperatorError `unreachable`, `disk_full`; the signal's reason.
 */
export async function auditDatabases(context: Context, { deep, signal, actor }: AuditRequest): Promise<DatabaseAudit> {
  const { server, claims, changed } = await context.store
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute(observe);
  const found = judgeDatabases(server, claims);
  if (deep) found.push(...(await compareContents({ ...context, signal }, server, claims)));
  const findings = [
    ...found.map(({ slot, ...finding }) => ({ ...finding, slot_id: slot })),
    ...changed.map(changedFinding),
    ...(deep ? await brokenLog(context.store) : []),
  ];
  for (const { message, ...finding } of findings) context.log.error(finding, message);
  if (findings.length > 0) await noteFindings(context.store, findings, actor);
  return { ok: findings.length === 0, deep, slots: claims.slots.length, databases: server.databases.length, findings };
}

async function observe(tx: Store): Promise<Observed> {
  const slots = await listRecordedSlots(tx);
  const server = await observeDatabases(
    tx,
    slots.map(({ slotId }) => slotId),
  );
  const databaseOids = server.databases.map(({ oid }) => oid);
  const claimed: SlotClaims[] = [];
  for (const slot of slots) claimed.push(await claimsOf(tx, slot, databaseOids));
  const snapshots = (await listRecordedSnapshots(tx)).map(snapshotClaim);
  return { server, claims: { slots: claimed, snapshots }, changed: await findChangedResets(tx) };
}

async function claimsOf(tx: Store, { slotId, ...claim }: RecordedSlot, databaseOids: string[]): Promise<SlotClaims> {
  const { newest, ofDatabases } = await findProvenance(tx, { slotId, databaseOids });
  return { slot: slotId, ...claim, newest: newest && claimedReset(newest), resets: ofDatabases.map(claimedReset) };
}

function claimedReset({ resetId, runId, leaseEpoch, details }: RecordedReset): ClaimedReset {
  const text = (name: string): string | null => (typeof details[name] === "string" ? details[name] : null);
  return {
    resetId,
    runId,
    leaseEpoch,
    databaseOid: text("database_oid"),
    templateHash: text("template_hash"),
    // Of its template, which is all that another database can be compared with.
    contentFingerprint: text("template_fingerprint") ?? text("content_fingerprint"),
  };
}

const snapshotClaim = (snapshot: StoredSnapshot): SnapshotClaim => ({
  id: snapshot.snapshotId,
  version: snapshot.version,
  contentFingerprint: isComplete(snapshot) && snapshot.droppedAt === null ? snapshot.contentFingerprint : null,
});

const changedFinding = ({ resetId, slotId, change }: ChangedReset): AuditFinding => ({
  code: "provenance_changed",
  slot_id: slotId,
  subject: `reset ${resetId}`,
  message: `The record of reset ${resetId} of ${slotId} was ${change} after it was written: the audit log says otherwise.`,
  hint: "See who had the database owner's rights; what was written is in: oroboros audit list --json",
});

async function brokenLog(store: Store): Promise<AuditFinding[]> {
  const objection = auditObjection(await verifyAudit(store));
  if (objection === undefined) return [];
  const { message, hint } = objection;
  return [{ code: "audit_log_broken", slot_id: null, subject: "audit_log", message, hint }];
}
