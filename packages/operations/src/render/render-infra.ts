import { renderCaddy } from "@oroboros/caddy-gen";
import type { RuntimeContract } from "@oroboros/slot-contract";
import { contractFile, type GeneratedFile } from "@oroboros/slot-contract/host";
import { renderSystemd } from "@oroboros/systemd-gen";

/** Every file below `infra/` that derives from the contract, sorted by path. */
export function renderInfra(contract: RuntimeContract): GeneratedFile[] {
  const installed = { path: contractFile(contract), mode: 0o644 };
  const json: GeneratedFile = { path: "contract.json", text: contractText(contract), kind: "file", installed };
  return [json, ...renderSystemd(contract), ...renderCaddy(contract)].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** A contract as JSON, in one spelling: its hash names it. */
export const contractText = (contract: RuntimeContract): string => `${JSON.stringify(sorted(contract), null, 2)}\n`;

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
