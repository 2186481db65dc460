import { appHost, previewHost, slotIds, type RuntimeContract } from "@oroboros/slot-contract";
import { worthKnowing, type DoctorFinding } from "./doctor-report.ts";

/**
 * Previews below the same registrable domain as production: a browser lets each set cookies for all of it (RFC 6265), and takes them for
 * the same site. The last two labels stand for it; suffixes such as co.uk make that a warning too few, never one too many.
 */
export function judgeDomains(contract: RuntimeContract): DoctorFinding[] {
  const { domain, previewDomain } = contract;
  if (registrable(domain) !== registrable(previewDomain)) return [];
  const [slot] = slotIds(contract);
  const example = slot === undefined ? previewDomain : previewHost(contract, slot);
  const message = `Previews (${example}) share the registrable domain ${registrable(domain)} with ${appHost(contract)}: code of a branch can set cookies for production.`;
  const hint = "Give previews a domain of their own: previewDomain in infra/contract.ts.";
  return [worthKnowing({ code: "domain_shared", subject: previewDomain, message, hint })];
}

const registrable = (domain: string): string => domain.toLowerCase().split(".").slice(-2).join(".");
