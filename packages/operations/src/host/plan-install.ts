import type { RuntimeContract } from "@oroboros/slot-contract";
import { SYSCTL_DIRECTORY, SYSUSERS_DIRECTORY, TMPFILES_DIRECTORY, UNIT_DIRECTORY } from "@oroboros/slot-contract/host";
import { cliFile } from "../runtime/write-configuration.ts";
import type { HostFacts } from "./host-facts.ts";
import type { InstallStep } from "./install-step.ts";
import { textSteps } from "./text-steps.ts";
import { vanishedUnits } from "./vanished-units.ts";

const TOKENS_MODE = 0o600;
const SYSUSERS = `${SYSUSERS_DIRECTORY}/oroboros.conf`;
const TMPFILES = `${TMPFILES_DIRECTORY}/oroboros.conf`;

/** What an installation does on a host that is so, in order. What would replace somebody else's changes is refused before. */
export function planInstall(contract: RuntimeContract, facts: HostFacts): InstallStep[] {
  const texts: InstallStep[] = facts.texts.flatMap(textSteps);
  const removed = texts.flatMap((step) => (step.do === "remove" ? [step.path] : []));
  const isEarly = (step: InstallStep): boolean => "path" in step && [SYSUSERS, TMPFILES].includes(step.path);
  const changed = new Set(texts.flatMap((step) => ("path" in step ? [step.path] : [])));
  // Until one has come to its end nothing was ever started from `current`.
  const isFirst = facts.current === null || !facts.isInstalled;
  // After one that was killed nobody knows who has read what it wrote.
  const anew = facts.texts.flatMap(({ path }) => (changed.has(path) || !facts.isComplete ? [path] : []));
  return [
    ...some(vanishedUnits(removed), (units) => ({ do: "stop", units })),
    ...texts.filter(isEarly),
    ...some(facts.missingAccounts, (names) => ({ do: "accounts", names, file: SYSUSERS })),
    ...some(facts.wrongDirectories, (paths) => ({ do: "directories", paths, file: TMPFILES })),
    ...texts.filter((step) => !isEarly(step)),
    ...(facts.unsafeTokens === undefined
      ? []
      : [{ do: "secure", path: cliFile(contract), mode: TOKENS_MODE } satisfies InstallStep]),
    ...anew.filter(isSysctl).map((file): InstallStep => ({ do: "kernel", file })),
    ...some(facts.units.toMask, (units) => ({ do: "mask", units })),
    ...when(anew.some(isUnit), { do: "reload_manager" }),
    ...when(isFirst && facts.current !== facts.head, { do: "release", commit: facts.head }),
    ...when(!facts.hasMain, { do: "repository", commit: facts.head }),
    { do: "postgres", isChanged: anew.some(isPostgres) },
    // Tables that a release migrates are those of what runs: another commit's are its deploy's to change.
    { do: "database", migrates: isFirst || facts.current === facts.head },
    { do: "redis" },
    { do: "tokens" },
    ...some(facts.units.toEnable, (units) => ({ do: "enable", units })),
    ...some(
      anew.flatMap((path) => facts.units.readers[path] ?? []),
      (units) => ({ do: "reload", units }),
    ),
  ];
}

const isUnit = (path: string): boolean => path.startsWith(`${UNIT_DIRECTORY}/`);
const isSysctl = (path: string): boolean => path.startsWith(`${SYSCTL_DIRECTORY}/`);
const isPostgres = (path: string): boolean => path.startsWith("/etc/postgresql/");

const some = <T>(items: readonly T[], step: (items: readonly T[]) => InstallStep): InstallStep[] =>
  items.length === 0 ? [] : [step(items)];
const when = (is: boolean, step: InstallStep): InstallStep[] => (is ? [step] : []);
