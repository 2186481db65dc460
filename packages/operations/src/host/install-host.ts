import type { HostFacts } from "./host-facts.ts";
import { applyStep } from "./apply-step.ts";
import { hostTexts } from "./host-texts.ts";
import { knownTexts, lockInstallation, readRecord, writeRecord } from "./install-record.ts";
import type { InstallRequest } from "./install-request.ts";
import { describeStep, isLooking, type InstallStep } from "./install-step.ts";
import { observeHost } from "./observe-host.ts";
import { planInstall } from "./plan-install.ts";
import { preflight } from "./preflight.ts";
import { refuseEdited } from "./refuse-edited.ts";
import { staleServices } from "./renew-services.ts";

export interface InstallReport {
  /** The clone's commit. */
  commit_sha: string;
  /** The commit that services are started from. */
  release_id: string;
  /** What is to be done, in order. */
  plan: string[];
  /** What was done because it was not so already. */
  changed: string[];
  /** Services that run with what their files were before, whoever changed them: starting the host starts them again. */
  to_restart: string[];
  /** What to type next. */
  next: string;
}

/**
 * Makes a host, as Debian installs it, one of this contract: users, directories, units and settings, secrets, PostgreSQL's roles and
 * databases, the clone's commit as the first release. What is so already is left alone, so that repeating it changes nothing, also after
 * one that was killed. A release that is there stays the current one: the next one is a deploy.
 *
 * @throws OperatorError what {@link preflight} does; `unsafe_file` and `file_edited` for what somebody else has changed;
 *   `invalid_environment`; `already_running`; `unit_failed`; `unreachable`; `not_set_up`.
 */
export async function installHost(request: InstallRequest): Promise<InstallReport> {
  const head = await preflight(request);
  if (request.dryRun) {
    const { facts, steps } = await decide(request, head);
    return report(facts, steps, { changed: [], toRestart: await staleNames(request.contract) });
  }
  const lock = await lockInstallation(request.contract);
  try {
    const { facts, secrets, record, texts, steps } = await decide(request, head);
    const { contract, onStage } = request;
    const isSettled = record.complete && steps.every(isLooking);
    // Before anything is written: one that is killed leaves files of which the next one has to know that they are its own.
    if (!isSettled) await writeRecord(contract, { ...record, complete: false, known: knownTexts(texts, record.known) });
    const changed: string[] = [];
    for (const step of steps) {
      onStage(describeStep(step));
      changed.push(...(await applyStep(step, request, secrets)));
    }
    if (!isSettled) await writeRecord(contract, { installed: true, complete: true, known: knownTexts(texts) });
    return report(facts, steps, { changed, toRestart: await staleNames(contract) });
  } finally {
    lock.release();
  }
}

/** Looks, and decides what is to be done; changes nothing. */
async function decide({ contract, replace }: InstallRequest, head: HostFacts["head"]) {
  const texts = hostTexts(contract);
  const record = await readRecord(contract);
  const { facts, secrets } = await observeHost(contract, { texts, record, head });
  if (!replace) refuseEdited(facts);
  return { facts, secrets, record, texts, steps: planInstall(contract, facts) };
}

const staleNames = async (contract: InstallRequest["contract"]): Promise<string[]> =>
  (await staleServices(contract)).map(({ unit }) => unit);

const UP = "./scripts/runtime-up.sh";

function report(
  { head, current }: HostFacts,
  steps: readonly InstallStep[],
  { changed, toRestart }: { changed: string[]; toRestart: string[] },
): InstallReport {
  const release = steps.some((step) => step.do === "release") ? head : (current ?? head);
  return {
    commit_sha: head,
    release_id: release,
    plan: steps.map(describeStep),
    changed,
    to_restart: toRestart,
    next: UP,
  };
}
