import type { DestructiveStatement } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** What one migration would destroy, by the hash of its content. */
export interface FoundInMigration {
  contentHash: string;
  statements: DestructiveStatement[];
  /** Why it could not be read, or not in whole; null where it was. */
  notAnalysed: string | null;
}

/** What is known already of these contents. */
export async function findMigrationFindings(
  store: Store,
  contentHashes: readonly string[],
): Promise<FoundInMigration[]> {
  if (contentHashes.length === 0) return [];
  return store
    .selectFrom("migration_findings")
    .select(["content_hash as contentHash", "statements", "not_analysed as notAnalysed"])
    .where("content_hash", "in", contentHashes)
    .execute();
}

/** Keeps what was found. The same content is the same finding, so what is there stays. */
export async function keepMigrationFindings(store: Store, found: readonly FoundInMigration[]): Promise<void> {
  if (found.length === 0) return;
  await store
    .insertInto("migration_findings")
    .values(
      found.map(({ contentHash, statements, notAnalysed }) => ({
        content_hash: contentHash,
        statements: JSON.stringify(statements),
        not_analysed: notAnalysed,
      })),
    )
    .onConflict((conflict) => conflict.column("content_hash").doNothing())
    .execute();
}
