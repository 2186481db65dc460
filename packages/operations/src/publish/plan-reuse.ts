import type { InstalledPackages, LivePublish } from "./live-publish.ts";
import type { SourceFacts } from "./observe-source.ts";
import type { SourceKeys } from "./source-keys.ts";

/** The publish that the slot serves, and what has become of it since. */
export interface PreviousPublish {
  live: LivePublish;
  backendIsRunning: boolean;
  /** An operator gave the slot another database after the publish. */
  databaseWasReset: boolean;
}

/** Each is undefined where it has to be made again, else says whose it is. */
export interface Reuse {
  previous: LivePublish | undefined;
  all: string | undefined;
  frontend: string | undefined;
  backend: string | undefined;
  database: string | undefined;
  migrations: string | undefined;
  packages: { frontend: InstalledPackages | undefined; backend: InstalledPackages | undefined };
}

/** What of an earlier publish serves the new commit as well, told by the content of what it was made from. */
export function decideReuse(
  { keys, manifest, commitSha }: Pick<SourceFacts, "keys" | "manifest" | "commitSha">,
  published: PreviousPublish | undefined,
): Reuse {
  const previous = published?.live;
  const isSame = (...names: (keyof SourceKeys)[]): boolean =>
    previous !== undefined && names.every((name) => previous.keys[name] === keys[name]);
  const when = (condition: boolean, what: string): string | undefined =>
    condition && previous !== undefined ? `${what} of publish ${previous.attempt}` : undefined;

  const frontend = when(isSame("frontendBuild"), "the frontend is that");
  const isBackendSame = isSame("backendRun", "migrations") && published?.backendIsRunning === true;
  const backend = when(isBackendSame, "the backend is that");
  const database = when(isSame("migrations"), "the migrations are those");
  // Two installs into one directory come and go together: one of them must not write through the other's links.
  const isShared = contains(manifest.frontend.dir, manifest.backend.dir);
  const isInstalled = (name: "frontendInstall" | "backendInstall"): boolean =>
    isShared ? isSame("frontendInstall", "backendInstall") : isSame(name);
  return {
    previous,
    all: commitSha === previous?.commitSha && frontend && backend ? when(true, "the commit is that") : undefined,
    frontend,
    backend,
    database,
    migrations: published?.databaseWasReset === true ? undefined : database,
    packages: {
      frontend: isInstalled("frontendInstall") ? previous?.frontend.packages : undefined,
      backend: isInstalled("backendInstall") ? previous?.backend.packages : undefined,
    },
  };
}

function contains(one: string, other: string): boolean {
  const [a, b] = [one, other].map((dir) => `${dir.replace(/^(\.\/?)+/, "")}/`.replace(/^\/$/, ""));
  return a === undefined || b === undefined || a.startsWith(b) || b.startsWith(a);
}
