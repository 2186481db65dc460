import { linkTarget, pathAccess } from "@oroboros/host";
import { currentPath, MAIN_BRANCH, repoPath, type CommitSha, type RuntimeContract } from "@oroboros/slot-contract";
import { directories } from "@oroboros/systemd-gen";
import { runGit } from "../git/run-git.ts";
import { cliFile } from "../runtime/write-configuration.ts";
import { missingAccounts, readAccounts, sysusersOf, wrongDirectories } from "./accounts.ts";
import type { HostText } from "./files/host-text.ts";
import { judgeAccess } from "./files/judge-access.ts";
import type { HostFacts } from "./host-facts.ts";
import type { HostSecrets } from "./host-secrets.ts";
import type { InstallRecord } from "./install-record.ts";
import { observeTexts } from "./observe-texts.ts";
import { observeUnits } from "./observe-units.ts";

interface Observed {
  facts: HostFacts;
  secrets: HostSecrets;
}

/** Looks at everything that an installation would change; changes nothing. */
export async function observeHost(
  contract: RuntimeContract,
  { texts, record, head }: { texts: readonly HostText[]; record: InstallRecord; head: CommitSha },
): Promise<Observed> {
  const { judged, differences, secrets } = await observeTexts(contract, texts, record);
  const accounts = await readAccounts();
  const current = await linkTarget(currentPath(contract));
  const tokens = cliFile(contract);
  const facts: HostFacts = {
    head,
    current: current?.slice(current.lastIndexOf("/") + 1) ?? null,
    texts: judged,
    differences,
    isInstalled: record.installed,
    isComplete: record.complete,
    missingAccounts: missingAccounts(sysusersOf(texts), accounts),
    wrongDirectories: wrongDirectories(directories(contract), accounts),
    unsafeTokens: judgeAccess({ kind: "file", path: tokens, mode: 0o600 }, pathAccess(tokens)),
    hasMain: await hasMain(repoPath(contract)),
    units: await observeUnits(contract, texts),
  };
  return { facts, secrets };
}

async function hasMain(repository: string): Promise<boolean> {
  const { exitCode } = await runGit(repository, ["rev-parse", "--verify", "--quiet", `refs/heads/${MAIN_BRANCH}`]);
  return exitCode === 0;
}
