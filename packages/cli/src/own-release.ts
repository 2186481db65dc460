import { readTextFile } from "@oroboros/host";
import { RELEASE_MANIFEST_FILE, releaseManifestSchema } from "@oroboros/slot-contract";

/** The commit of the release that this command belongs to; undefined in a clone. */
export async function ownRelease(apps = import.meta.dirname): Promise<string | undefined> {
  const text = await readTextFile(`${apps}/../${RELEASE_MANIFEST_FILE}`);
  const parsed = text === undefined ? undefined : releaseManifestSchema.safeParse(JSON.parse(text));
  return parsed?.success === true ? parsed.data.release_id : undefined;
}
