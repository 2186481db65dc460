import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { bootBox, type Box, type BoxOptions, type Outcome } from "@oroboros/test-support";
import { prefetchedStore } from "./prefetched-store.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
/** Nobody but root may enter it. */
const CLONE = "/root/oroboros";
/** The demo's application, as the release bundle makes it. */
const EXAMPLE = `${CLONE}/dist/demo`;
const SCRIPT_TIMEOUT_MS = 180_000;
const GIT = "git -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false";

/** What bootstrap.sh would do needs a registry: its results are this machine's. */
const CLONE_SCRIPT = `
set -euo pipefail
mkdir -m 0700 -p "$2/.cache"
cd "$1"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d "" file; do [[ ! -e $file && ! -L $file ]] || printf "%s\\0" "$file"; done |
  xargs -0 cp --parents --no-dereference --preserve=mode -t "$2"
cp -R .cache/bin .cache/bootstrap "$2/.cache"
cp -R dist "$2"
find . -maxdepth 3 -name node_modules -prune -printf "%P\\0" | while IFS= read -r -d "" found; do ln -sfn "$1/$found" "$2/$found"; done
cd "$2"
git init --quiet --initial-branch=main
echo node_modules >>.git/info/exclude
${GIT} add --all
${GIT} commit --quiet --no-verify -m "The tree under test"
`;

/** A bare Debian host with a clone of this repository, in which a person types. */
export interface BareHost extends AsyncDisposable {
  readonly box: Box;
  /** What root types into a shell in the clone. */
  readonly type: (command: string) => Promise<Outcome>;
  /** The same for what has to succeed; returns its standard output. */
  readonly typed: (command: string) => Promise<string>;
  readonly typedJson: (command: string) => Promise<Record<string, unknown>>;
}

/**
 * Boots a box with Debian's own servers as `apt-get install` leaves them. The clone is this repository as it stands, bootstrapped, what
 * is not committed yet as a commit that only the box has. The demo's packages are there already, read-only.
 */
export async function bootBareHost(options: Partial<BoxOptions> = {}): Promise<BareHost> {
  const bundle = join(REPOSITORY, "dist/release/apps/cli.js");
  if (!existsSync(bundle)) throw new Error("There is no release bundle. Make it with: scripts/bootstrap.sh");
  const store = prefetchedStore(join(REPOSITORY, "dist/demo/main"));
  const box = await bootBox({
    network: "none",
    services: ["postgresql", "redis-server", "caddy", "nftables"],
    ...options,
    binds: [{ from: store.path, to: `/var/cache/oroboros/packages/${store.key}` }, ...(options.binds ?? [])],
  });
  const type: BareHost["type"] = (command) =>
    box.run(["bash", "-c", `set -o pipefail\n${command}`], { cwd: CLONE, timeoutMs: SCRIPT_TIMEOUT_MS });
  const typed: BareHost["typed"] = async (command) => {
    const { exitCode, stdout, stderr } = await type(command);
    if (exitCode === 0) return stdout;
    throw new Error(`$ ${command}\nended with ${exitCode}:\n${stdout}${stderr}`);
  };
  const host: BareHost = {
    box,
    type,
    typed,
    typedJson: async (command) => JSON.parse(await typed(command)) as Record<string, unknown>,
    [Symbol.asyncDispose]: () => box.stop(),
  };
  try {
    await box.must(["bash", "-c", CLONE_SCRIPT, "clone", REPOSITORY, CLONE]);
  } catch (error) {
    await box.stop();
    throw error;
  }
  return host;
}

/** Pushes the demo's application and its branch to an installed host's repository, whose `main` is this repository's until then. */
export async function pushExample({ typed }: BareHost): Promise<{ branch: string; commit: string }> {
  const branch = "feature/urgent-items";
  const commands = [
    `rm -rf /root/launch-list && cp -R ${EXAMPLE}/main /root/launch-list && cd /root/launch-list`,
    `git init --quiet --initial-branch=main && git add --all && ${GIT} commit --quiet -m "Start the launch list"`,
    `git checkout --quiet -b ${branch} && git apply ${EXAMPLE}/branch.patch`,
    `git add --all && ${GIT} commit --quiet -m "Let items be urgent"`,
    `git push --quiet --force /srv/oroboros/repo main ${branch}`,
    "git rev-parse HEAD",
  ];
  return { branch, commit: (await typed(commands.join(" && "))).trim() };
}
