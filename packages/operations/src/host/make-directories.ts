import { pathAccess, type PathAccess } from "@oroboros/host";
import { OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import { directories, type Directory } from "@oroboros/systemd-gen";
import { readAccounts, wrongDirectories, type Accounts } from "./accounts.ts";
import { requireHostProgram } from "./systemctl.ts";

/**
 * Lets systemd-tmpfiles make the host's directories, and sees that it did: what a service's user has put in the place of one, such as a
 * link, it may leave there and say nothing, or something that helps nobody.
 *
 * @throws OperatorError `unsafe_file`; `unit_failed`.
 */
export async function makeDirectories(contract: RuntimeContract, file: string): Promise<void> {
  const wanted = directories(contract);
  refuseReplaced(wanted);
  await requireHostProgram(["systemd-tmpfiles", "--create", file]);
  refuseReplaced(wanted);
  refuseWrong(wanted, await readAccounts(), file);
}

/** @throws OperatorError `unsafe_file` where something else than a directory lies in the place of one. */
export function refuseReplaced(wanted: readonly Directory[]): void {
  const replaced = wanted.flatMap(({ path }) => {
    const access = pathAccess(path);
    return access === undefined || access.kind === "directory" ? [] : [{ path, access }];
  });
  const [first] = replaced;
  if (first === undefined) return;
  const named = replaced.map(({ path, access }) => `${path} is ${KINDS[access.kind]} of user ${access.uid}`).join(", ");
  throw new OperatorError("unsafe_file", `Not a directory: ${named}.`, {
    hint: `Find out who put it there with: ls -ld ${first.path}; move it away with: mv -T ${first.path} ${first.path}.found; and type the command again.`,
  });
}

const KINDS: Record<PathAccess["kind"], string> = {
  file: "a file",
  directory: "a directory",
  link: "a link",
  other: "neither a file nor a directory",
};

/** @throws OperatorError `unsafe_file` where a directory still has another owner or mode. */
export function refuseWrong(wanted: readonly Directory[], accounts: Accounts, file: string): void {
  const paths = wrongDirectories(wanted, accounts);
  if (paths.length === 0) return;
  throw new OperatorError("unsafe_file", `Missing, or with another owner or mode: ${paths.join(", ")}.`, {
    hint: `See what is there with: ls -ld ${paths.join(" ")}; and why it stays so with: systemd-tmpfiles --create ${file}`,
  });
}
