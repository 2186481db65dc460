import * as z from "zod";
import { commitShaSchema } from "./commit-sha.ts";
import { OperatorError } from "./operator-error.ts";

/** Written last into a release's directory: a directory without it is no release. */
export const RELEASE_MANIFEST_FILE = "release.json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal");
/** Below the release's directory, spelled in the one way a file system would. */
const releasePath = z
  .string()
  .regex(/^[^\0/\\]+(\/[^\0/\\]+)*$/, "must be a relative path")
  .refine((path) => !path.split("/").some((piece) => piece === "." || piece === ".."), "must stay in the release");

export const releaseManifestSchema = z
  .strictObject({
    /** The full commit id. */
    release_id: commitShaSchema,
    commit_sha: commitShaSchema,
    tree_sha: commitShaSchema,
    built_at: z.iso.datetime(),
    /** Of the contract the release was rendered from. */
    contract_hash: sha256,
    migrations: z.strictObject({
      /** Name of the last control migration in the release. */
      last: z.string(),
      /** The release before can not run on a database that this one has migrated. */
      incompatible: z.boolean(),
    }),
    /** SHA-256 of every other file of the release. */
    files: z.record(releasePath, sha256),
  })
  .refine((manifest) => manifest.release_id === manifest.commit_sha, {
    path: ["release_id"],
    message: "must be the commit's id",
  });
export type ReleaseManifest = z.output<typeof releaseManifestSchema>;

/**
 * Reads the text of a release's `release.json`.
 *
 * @throws OperatorError `invalid_manifest`, naming every field that is wrong.
 */
export function parseReleaseManifest(text: string): ReleaseManifest {
  const parsed = releaseManifestSchema.safeParse(readJson(text));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`);
  throw new OperatorError("invalid_manifest", `${RELEASE_MANIFEST_FILE} is wrong: ${problems.join("; ")}.`, {
    hint: "Deploy the commit again; a release is only ever written whole.",
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
