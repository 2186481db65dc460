import { OperatorError } from "@oroboros/slot-contract";
import type { Caddyfile, Directive, Site } from "./directive.ts";
import { quote } from "./quote.ts";

const NAME = /^[A-Za-z_+-][A-Za-z0-9_>-]*$/;
const HOST = /^[a-z0-9.-]*$/;

/** Writes a Caddyfile as `caddy fmt` would. */
export function serializeCaddyfile({ options, sites }: Caddyfile): string {
  return [`{\n${lines(options, 1)}}\n`, ...sites.map(serializeSite)].join("\n");
}

const serializeSite = ({ address, block }: Site): string => {
  const { scheme, host, port } = address;
  if (!HOST.test(host)) throw misplaced(host, "a site's host");
  return `${scheme}://${host}:${port} {\n${lines(block, 1)}}\n`;
};

const lines = (directives: readonly Directive[], depth: number): string =>
  directives.map((one) => line(one, depth)).join("");

function line({ name, args, block }: Directive, depth: number): string {
  if (!NAME.test(name)) throw misplaced(name, "a directive's name");
  const indent = "\t".repeat(depth);
  const head = indent + [name, ...args.map(quote)].join(" ");
  return block.length === 0 ? `${head}\n` : `${head} {\n${lines(block, depth + 1)}${indent}}\n`;
}

function misplaced(text: string, where: string): OperatorError {
  return new OperatorError("invalid_contract", `${JSON.stringify(text)} can not be ${where} in a Caddyfile.`, {
    hint: "Change the value in infra/contract.ts.",
  });
}
