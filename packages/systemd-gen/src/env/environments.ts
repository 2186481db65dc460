import { etcPath, serializeEnvFile, slotAlias, slotIds, type RuntimeContract } from "@oroboros/slot-contract";
import { GENERATED_LINE, type GeneratedFile } from "@oroboros/slot-contract/host";
import { apiVariables, surfaceVariables, webMainVariables, workerVariables } from "./variables.ts";

/** The env files of a host's processes without their secrets, by the documents' names. */
export function renderEnvironments(contract: RuntimeContract): GeneratedFile[] {
  const file = (name: string, variables: Readonly<Record<string, string>>): GeneratedFile => ({
    path: `systemd/env/${name}.env`,
    text: `# ${GENERATED_LINE}\n# Installation adds the secrets, and keeps what an operator sets.\n${serializeEnvFile(variables)}`,
    kind: "env",
    // systemd reads it as root; the process itself is given the variables only.
    installed: { path: `${etcPath(contract)}/${name}.env`, mode: 0o600 },
  });
  return [
    file("api", apiVariables(contract)),
    file("web-main", webMainVariables(contract)),
    ...slotIds(contract).map((slot) => file(`web-${slotAlias(slot)}`, surfaceVariables(contract, slot))),
    file("worker", workerVariables(contract)),
  ];
}
