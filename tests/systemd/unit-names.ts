import {
  backendUnit,
  slotIds,
  STEP_KINDS,
  surfaceUnit,
  webMainUnit,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import {
  COMMIT_UNIT_KINDS,
  commitTemplate,
  purgeUnit,
  RELEASE_UNIT_KINDS,
  stepUnit,
} from "@oroboros/slot-contract/host";
import { generatedFiles } from "./boot-host.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";

/** Every unit that a host has, instances instead of their templates. */
export function unitNames(contract: RuntimeContract): string[] {
  const written = generatedFiles(contract)
    .map(({ path }) => /^systemd\/([^/]+\.(?:service|socket|target|timer))$/.exec(path)?.[1])
    .filter((name) => name !== undefined);
  const instances = [
    webMainUnit(contract),
    ...slotIds(contract).flatMap((slot) => [
      surfaceUnit(contract, slot),
      backendUnit(contract, slot),
      purgeUnit(contract, slot),
      ...STEP_KINDS.map((kind) => stepUnit(contract, kind, slot)),
    ]),
    ...[...RELEASE_UNIT_KINDS, ...COMMIT_UNIT_KINDS].map((kind) =>
      commitTemplate(contract, kind).replace("@.", `@${SHA}.`),
    ),
  ];
  return [...new Set([...written.filter((name) => !name.includes("@.")), ...instances])].toSorted();
}
