import { createHash } from "node:crypto";

export type SqlFile = Readonly<{ name: string; sql: string }>;
export type SeedSource = Readonly<{ version: string; sql: string }>;

/** A complete snapshot: its row's id, which names its database, and what it holds. */
export type SnapshotSource = Readonly<{ id: string; version: string; contentFingerprint: string }>;

/** What a slot's database starts from: migrations in their order, then at most one seed; or a snapshot, then what it lacks of them. */
export type TemplateSource =
  | Readonly<{ migrations: readonly SqlFile[]; seed: SeedSource | null; snapshot?: undefined }>
  | Readonly<{ migrations: readonly SqlFile[]; seed: null; snapshot: SnapshotSource }>;

/** Bump when the way a template is built changes, so that templates built before are not used again. */
const RECIPE = 2;

/** Names the template that holds exactly this content (SHA-256, hexadecimal). */
export function templateHash(source: TemplateSource): string {
  const migrations = source.migrations.map((file) => [file.name, file.sql]);
  const seed = source.seed === null ? null : [source.seed.version, source.seed.sql];
  if (source.snapshot === undefined) return sha256(JSON.stringify([RECIPE, migrations, seed]));
  const { id, contentFingerprint } = source.snapshot;
  return sha256(JSON.stringify([RECIPE, migrations, "snapshot", id, contentFingerprint]));
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
