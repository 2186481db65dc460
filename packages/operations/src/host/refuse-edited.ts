import { OperatorError } from "@oroboros/slot-contract";
import type { HostFacts } from "./host-facts.ts";

const REPLACE = "./scripts/systemd-install-runtime.sh --replace";

/**
 * What somebody else has changed on the host is not replaced before he says so.
 *
 * @throws OperatorError `unsafe_file` for files that others than root may change or read; `file_edited` with the differences.
 */
export function refuseEdited({
  texts,
  differences,
  unsafeTokens,
}: Pick<HostFacts, "texts" | "differences" | "unsafeTokens">): void {
  const unsafe = [
    ...texts.flatMap(({ verdict }) => (verdict.kind === "unsafe" ? [verdict] : [])),
    ...(unsafeTokens === undefined ? [] : [unsafeTokens]),
  ];
  if (unsafe.length > 0) {
    const repairs = unsafe.map(({ repair }) => repair).join(" && ");
    throw new OperatorError("unsafe_file", `${unsafe.map(({ problem }) => problem).join("; ")}.`, {
      hint: `Put it right with: ${repairs}, or with: ${REPLACE}`,
    });
  }
  const edited = texts.flatMap(({ path, wanted, verdict }) =>
    verdict.kind === "edited" ? [{ path, isLeft: wanted === undefined }] : [],
  );
  if (edited.length === 0) return;
  const named = edited.map(({ path, isLeft }) => (isLeft ? `${path} (which is rendered no more)` : path)).join(", ");
  const shown = edited.map(({ path }) => differences[path] ?? "").join("");
  throw new OperatorError("file_edited", `Changed by hand since it was installed: ${named}.\n${shown.trimEnd()}`, {
    hint: `Change infra/contract.ts instead, or put the files back with: ${REPLACE}`,
  });
}
