import { pathAccess, type PathAccess } from "@oroboros/host";
import { etcPath, type RuntimeContract } from "@oroboros/slot-contract";
import { BACKEND_LOG_LINK } from "@oroboros/slot-contract/host";
import { directories } from "@oroboros/systemd-gen";
import { hostTexts } from "../host/host-texts.ts";

/** What has to lie at a path, and who may do what with it. */
export interface Place {
  path: string;
  kind: PathAccess["kind"];
  user: string;
  group: string;
  mode: number;
  /** Without it something does not work; other places may not be there. */
  isRequired: boolean;
}

const ROOTS = { user: "root", group: "root" } as const;

/** Every directory, every file with secrets, and the link that stands where everybody may write. */
export function places(contract: RuntimeContract): Place[] {
  const made = directories(contract).map((directory): Place => ({ ...directory, kind: "directory", isRequired: true }));
  const secret = hostTexts(contract).filter(({ kind }) => kind === "env");
  const file = (path: string, isRequired: boolean): Place => ({
    path,
    kind: "file",
    mode: 0o600,
    ...ROOTS,
    isRequired,
  });
  return [
    ...made,
    ...secret.map(({ path }) => file(path, true)),
    file(`${etcPath(contract)}/cli.env`, false),
    { path: BACKEND_LOG_LINK, kind: "link", mode: 0o777, ...ROOTS, isRequired: false },
  ];
}

export type Found = ReadonlyMap<string, PathAccess | undefined>;

export const observePlaces = (wanted: readonly Place[]): Found =>
  new Map(wanted.map(({ path }) => [path, pathAccess(path)]));
