import type { RuntimeContract } from "@oroboros/slot-contract";
import type { GeneratedFile } from "@oroboros/slot-contract/host";
import { renderEnvironments } from "./env/environments.ts";
import { renderNftables } from "./nftables/nftables.ts";
import { renderPolkitRules } from "./polkit/polkit-rules.ts";
import { renderSysctl } from "./sysctl/sysctl.ts";
import { renderSysusers } from "./sysusers/sysusers.ts";
import { renderTmpfiles } from "./tmpfiles/tmpfiles.ts";

/** What a host's units rely on: its users, places, rights, firewall, kernel settings and env files. */
export function renderHostFiles(contract: RuntimeContract): GeneratedFile[] {
  return [
    renderSysusers(contract),
    renderTmpfiles(contract),
    renderPolkitRules(contract),
    renderNftables(contract),
    renderSysctl(),
    ...renderEnvironments(contract),
  ];
}
