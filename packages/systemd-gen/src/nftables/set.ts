import { OperatorError } from "@oroboros/slot-contract";

const USER = /^[a-z][a-z0-9-]{0,30}$/;

/** A named set or map of nftables with one element on a line; empty ones have no `elements`, which nft would not parse. */
export function namedSet(
  name: string,
  type: string,
  elements: readonly string[],
  keyword: "set" | "map" = "set",
): string {
  const listed =
    elements.length === 0 ? "" : `    elements = {\n${elements.map((one) => `      ${one},\n`).join("")}    }\n`;
  return `  ${keyword} ${name} {\n    ${type}\n${listed}  }`;
}

/** A user's name where nft looks one up. */
export function quoted(user: string): string {
  if (USER.test(user)) return `"${user}"`;
  throw new OperatorError("invalid_contract", `${JSON.stringify(user)} can not stand in a firewall rule.`, {
    hint: "Use a user name of lower-case letters, digits and dashes.",
  });
}
