import type { RuntimeContract } from "@oroboros/slot-contract";
import { hostSecrets, type HostSecrets } from "./host-secrets.ts";
import { difference } from "./files/difference.ts";
import type { HostText, JudgedText, ObservedText } from "./files/host-text.ts";
import { judgeLeftOver, judgeText } from "./files/judge-text.ts";
import { observeText } from "./files/observe-text.ts";
import { leftOverPaths, type InstallRecord } from "./install-record.ts";

/** How many lines around a change are shown; none of a file that holds secrets. */
const CONTEXT = { file: 3, block: 1, env: 0 } as const;

/** The texts of a host, judged. */
export interface HostTexts {
  judged: readonly JudgedText[];
  /** What somebody else has changed, as unified differences by path. */
  differences: Readonly<Record<string, string>>;
  secrets: HostSecrets;
}

/** Looks at every text that is wanted on this host, and at what is left over of earlier installations. */
export async function observeTexts(
  contract: RuntimeContract,
  wanted: readonly HostText[],
  { known }: InstallRecord,
): Promise<HostTexts> {
  const seen = new Map<string, ObservedText>();
  for (const path of [...wanted.map(({ path }) => path), ...leftOverPaths(wanted, known)]) {
    seen.set(path, await observeText(path));
  }
  const at = (path: string): ObservedText => seen.get(path) ?? { text: undefined, access: undefined };
  const { secrets, byFile } = hostSecrets(contract, (path) => at(path).text);
  const judged = [
    ...wanted.map((text) =>
      judgeText({ wanted: text, observed: at(text.path), known, secrets: byFile[text.path] ?? {} }),
    ),
    ...leftOverPaths(wanted, known).map((path) => judgeLeftOver(path, at(path), known)),
  ];
  return { judged, differences: await differencesOf(judged), secrets };
}

async function differencesOf(judged: readonly JudgedText[]): Promise<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const { path, wanted, verdict } of judged) {
    if (verdict.kind !== "edited") continue;
    shown[path] = await difference(path, verdict.whole ?? "", CONTEXT[wanted?.kind ?? "env"]);
  }
  return shown;
}
