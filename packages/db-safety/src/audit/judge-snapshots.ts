import { snapshotDatabase, TEMPLATE_ROLE } from "@oroboros/slot-contract";
import { snapshotMarker } from "../snapshot/snapshot-marker.ts";
import { databaseNamed, foreignGrants, type Finding, type SnapshotClaim } from "./finding.ts";
import type { ServerFacts } from "./observe-databases.ts";

const ALLOWED = ["CONNECT", "CREATE", "TEMPORARY"].map((right) => `${TEMPLATE_ROLE} ${right}`);

/** The databases of complete snapshots. One that is not a template is being made or dropped, and no database starts from it. */
export function judgeSnapshots(server: ServerFacts, snapshots: readonly SnapshotClaim[]): Finding[] {
  return snapshots.flatMap(({ id, version, contentFingerprint }) => {
    const database = databaseNamed(server, snapshotDatabase(id));
    if (contentFingerprint === null || database === undefined || !database.isTemplate) return [];
    const problems = [
      ...(database.comment === snapshotMarker({ version, contentFingerprint })
        ? []
        : ["does not say of itself what was recorded"]),
      ...(database.allowsConnections ? ["lets sessions in"] : []),
    ];
    const wrong: Finding = {
      code: "snapshot_wrong",
      slot: null,
      subject: database.name,
      message: `The database of snapshot ${version} ${problems.join(", and ")}.`,
      hint: `Find out who changed it, then look at what it holds with: oroboros db snapshot verify ${version}`,
    };
    return [...(problems.length === 0 ? [] : [wrong]), ...foreignGrants(database, { slot: null, allowed: ALLOWED })];
  });
}
