import { createHash } from "node:crypto";
import type { CommitSha, LeaseEpoch } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../test/use-control-store.ts";
import { listArtifacts } from "./artifacts/list-artifacts.ts";
import { recordArtifact } from "./artifacts/record-artifact.ts";
import { recordReset } from "./resets/record-reset.ts";
import { createToken } from "./tokens/create-token.ts";
import { findToken } from "./tokens/find-token.ts";
import { bindWorktree } from "./worktrees/bind-worktree.ts";
import { findWorktree } from "./worktrees/find-worktree.ts";
import { unbindWorktree } from "./worktrees/unbind-worktree.ts";

const control = useControlStore({ slotCount: 2 });
const { db } = control;
const [slot, otherSlot] = control.slots as [(typeof control.slots)[0], (typeof control.slots)[0]];
const hash = createHash("sha256").update("a token").digest("hex");

test("an artifact that is recorded again has its last size, once", async () => {
  const { runId } = await control.queueRun();
  const other = await control.queueRun();
  const log = { runId, artifactType: "preview_checkout_log", uri: `artifact://${runId}/checkout.log` } as const;
  await recordArtifact(db, { ...log, sizeBytes: 10, attempt: 1 });
  await recordArtifact(db, {
    ...log,
    artifactType: "preview_readiness_log",
    uri: `artifact://${runId}/r.log`,
    sizeBytes: 7,
    attempt: 1,
  });
  await recordArtifact(db, { ...log, sizeBytes: 3_000_000_000, attempt: 1 });
  expect(await listArtifacts(db, runId)).toMatchObject([
    { artifactType: "preview_checkout_log", uri: log.uri, sizeBytes: 3_000_000_000, attempt: 1 },
    { artifactType: "preview_readiness_log", sizeBytes: 7 },
  ]);
  expect(await listArtifacts(db, other.runId)).toEqual([]);
});

test("a slot's worktree is the one that was bound last, until it is unbound", async () => {
  const { runId } = await control.queueRun();
  const binding = {
    slotId: slot,
    runId,
    leaseEpoch: "1" as LeaseEpoch,
    commitSha: "a".repeat(40) as CommitSha,
    path: "worktrees/1",
  };
  await bindWorktree(db, binding);
  // Two statements may come within the millisecond that a Date tells.
  await sql`update slot_worktree_bindings set bound_at = bound_at - interval '1 minute'`.execute(db);
  const first = await boundAt();
  const next = {
    ...binding,
    runId: (await control.queueRun()).runId,
    leaseEpoch: "2" as LeaseEpoch,
    path: "worktrees/2",
  };
  await bindWorktree(db, next);
  expect(await findWorktree(db, slot)).toEqual(next);
  expect((await boundAt()).getTime()).toBeGreaterThan(first.getTime());
  expect(await findWorktree(db, otherSlot)).toBeUndefined();
  await unbindWorktree(db, slot);
  await unbindWorktree(db, slot);
  expect(await findWorktree(db, slot)).toBeUndefined();
});

test("a reset is written down, with the epoch it ran under", async () => {
  const { runId } = await control.queueRun();
  await recordReset(db, {
    runId,
    slotId: slot,
    dbName: "app_preview_1",
    strategy: "seed",
    seedVersion: "v1",
    snapshotVersion: null,
    resetStatus: "succeeded",
    leaseEpoch: "3" as LeaseEpoch,
    details: { created: true },
  });
  const rows = await db.selectFrom("preview_db_resets").selectAll().execute();
  expect(rows).toMatchObject([{ run_id: runId, slot_id: slot, lease_epoch: "3", details: { created: true } }]);
});

test("a token is found by its hash, and only by that", async () => {
  await createToken(db, { label: "ci", role: "operator", hash });
  expect(await findToken(db, hash)).toMatchObject({ label: "ci", role: "operator" });
  expect(
    await findToken(
      db,
      hash.replace(/^./, (digit) => (digit === "0" ? "1" : "0")),
    ),
  ).toBeUndefined();
});

test("a token's text is refused where its hash belongs", async () => {
  await expect(createToken(db, { label: "ci", role: "operator", hash: "a token" })).rejects.toThrow("token_hash");
});

async function boundAt(): Promise<Date> {
  const row = await db.selectFrom("slot_worktree_bindings").select("bound_at").executeTakeFirstOrThrow();
  return row.bound_at;
}
