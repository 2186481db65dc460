import type { CommitSha } from "@oroboros/slot-contract";
import type { JudgedText } from "./files/host-text.ts";

/** What a host is like before an installation. */
export interface HostFacts {
  /** The commit of the clone. */
  head: CommitSha;
  /** The commit that `current` names; null before the first installation. */
  current: string | null;
  texts: readonly JudgedText[];
  /** Of texts that somebody else has changed, by path. */
  differences: Readonly<Record<string, string>>;
  /** Whether an installation has ever come to its end. */
  isInstalled: boolean;
  /** Whether the installation before this one came to its end. */
  isComplete: boolean;
  missingAccounts: readonly string[];
  wrongDirectories: readonly string[];
  /** What is wrong with the owner or mode of the command line's tokens. */
  unsafeTokens: { problem: string; repair: string } | undefined;
  /** Whether the repository that branches are pushed to has a main. */
  hasMain: boolean;
  units: UnitFacts;
}

export interface UnitFacts {
  /** Debian's that would serve beside ours. */
  toMask: readonly string[];
  /** That are not started at boot. */
  toEnable: readonly string[];
  /** Running units of ours that read a file anew when they are told to, by that file. */
  readers: Readonly<Record<string, string>>;
}
