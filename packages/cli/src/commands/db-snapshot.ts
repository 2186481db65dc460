import {
  dropSnapshotVersion,
  hostActor,
  listSnapshotVersions,
  verifySnapshotVersion,
  type SnapshotReport,
} from "@oroboros/operations";
import { parseSnapshotVersion } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { describe, describeWithList, table } from "../table.ts";
import { withOperations } from "../with-operations.ts";

const SHORT_HASH = 12;
const HEADINGS = ["version", "from", "masked", "size", "content", "by", "created"];

export const dbSnapshotList: RunCommand = async (context) => {
  const snapshots = await withOperations(context, listSnapshotVersions);
  const none =
    "There are no snapshots. Make one with: oroboros db snapshot create --from-slot <slot> --version <version>";
  return {
    ok: true,
    fields: { items: snapshots },
    text: snapshots.length === 0 ? none : table(HEADINGS, snapshots.map(rowOf)),
  };
};

const rowOf = (snapshot: SnapshotReport): unknown[] => [
  snapshot.snapshot_version,
  snapshot.source,
  snapshot.masked_by === null ? "no" : "yes",
  `${(snapshot.size_bytes / 1024 ** 2).toFixed(1)} MB`,
  snapshot.content_fingerprint.slice(0, SHORT_HASH),
  snapshot.created_by,
  snapshot.created_at,
];

export const dbSnapshotVerify: RunCommand = async (context) => {
  const { input } = context;
  const request = { version: parseSnapshotVersion(input.text("version")), dryRun: input.flag("dryRun") };
  const report = await withOperations(context, (operations) => verifySnapshotVersion(operations, request));
  return {
    ok: true,
    fields: report,
    text: "plan" in report ? describeWithList(report, report.plan) : describe(report),
  };
};

export const dbSnapshotDrop: RunCommand = async (context) => {
  const { input, world } = context;
  const actor = hostActor(world.user.uid);
  const request = { version: parseSnapshotVersion(input.text("version")), actor, dryRun: input.flag("dryRun") };
  const report = await withOperations(context, (operations) => dropSnapshotVersion(operations, request));
  return {
    ok: true,
    fields: report,
    text: "plan" in report ? describeWithList(report, report.plan) : describe(report),
  };
};
