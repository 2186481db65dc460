import {
  apiHost,
  apiPort,
  appHost,
  caddyPort,
  defineContract,
  frontendPort,
  previewHost,
  slotIds,
  webMainPort,
  workerHost,
  workerPort,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { reportMatrix, rounds } from "@oroboros/test-support";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quote } from "./quote.ts";
import { renderCaddy } from "./render-caddy.ts";
import { readBack, readOptions, routesOf } from "./testing/read-back.ts";

const VALUES = rounds(10_000);
const BATCH = 500;

const hostilePiece = fc.oneof(
  fc.constantFrom(
    "{",
    "}",
    "{$",
    "{$HOME}",
    "{$NONE:default}",
    "${HOME}",
    "$",
    '"',
    "\\",
    '\\"',
    "`",
    "#",
    "%",
    "%n",
    ",",
    "import",
    "<<EOF",
  ),
  fc.constantFrom(
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\u00a0",
    "\u0085",
    "\u2028",
    "\ufeff",
    "é",
    "😀",
    "(x)",
    "@m",
    "*",
    "/",
    "x",
    "",
  ),
  fc.string({ maxLength: 4, unit: "binary" }),
);
const hostile = fc.array(hostilePiece, { maxLength: 8 }).map((pieces) => pieces.join(""));
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const domain = fc.tuple(label, fc.stringMatching(/^[a-z]{2,8}$/)).map((labels) => labels.join("."));
const email = fc.tuple(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,20}$/), domain).map((parts) => parts.join("@"));
const root = fc.array(fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/), { minLength: 1, maxLength: 4 });

describe("what Caddy reads back is what was meant, byte for byte", () => {
  test.each([
    ["hostile text", hostile.filter(canBeCarried)],
    ["domain", domain],
    ["e-mail address", email],
    ["path", root.map((pieces) => `/${pieces.join("/")}`)],
  ])("%s", async (kind, value) => {
    let cases = 0;
    const batches = fc.asyncProperty(fc.array(value, { minLength: BATCH, maxLength: BATCH }), async (texts) => {
      cases += texts.length;
      expect(await readBack(texts)).toEqual(texts);
    });
    await fc.assert(batches, { numRuns: Math.ceil(VALUES / BATCH) });
    reportMatrix({ matrix: `caddy-round-trip ${kind}`, cases, violations: 0 });
  });

  test("most hostile texts can be carried", () => {
    const sample = fc.sample(hostile, 2_000);
    expect(sample.filter(canBeCarried).length).toBeGreaterThan(sample.length / 2);
  });
});

test("every route of any contract leads to the contract's port", async () => {
  const contracts = fc.record({
    domain,
    previewDomain: fc.option(domain, { nil: undefined }),
    // Beyond, some surface would stand on a port of PostgreSQL's or Redis's, and that is no contract.
    portOffset: fc.integer({ min: 0, max: 2_000 }),
    slotCount: fc.integer({ min: 1, max: 60 }),
  });
  const routed = fc.asyncProperty(contracts, async ({ previewDomain, ...input }) => {
    const contract = defineContract({ ...input, ...(previewDomain === undefined ? {} : { previewDomain }) });
    expect(await routesOf(textOf(contract))).toEqual(expectedRoutes(contract));
  });
  await fc.assert(routed, { numRuns: rounds(200) });
});

test("the administration's socket and the public e-mail address are the contract's", async () => {
  const contracts = fc.record({ email, pieces: root });
  const same = fc.asyncProperty(contracts, async ({ email: address, pieces }) => {
    const contract = defineContract({ root: `/${pieces.join("/")}`, publicTls: { email: address } });
    expect(await readOptions(textOf(contract))).toEqual({
      listen: `unix/${contract.root}/run/oroboros/caddy/admin.sock`,
      origins: ["localhost", ""],
      emails: [address],
    });
  });
  await fc.assert(same, { numRuns: rounds(200) });
});

const textOf = (contract: RuntimeContract): string => renderCaddy(contract)[0]?.text ?? "";

function canBeCarried(text: string): boolean {
  try {
    return quote(text) !== "";
  } catch {
    return false;
  }
}

function expectedRoutes(contract: RuntimeContract): Record<string, string> {
  const route = (host: string, port: number): [string, string] => [
    `127.0.0.1:${caddyPort(contract)} ${host}`,
    `127.0.0.1:${port}`,
  ];
  return Object.fromEntries([
    route(appHost(contract), webMainPort(contract)),
    route(apiHost(contract), apiPort(contract)),
    route(workerHost(contract), workerPort(contract)),
    ...slotIds(contract).map((slot) => route(previewHost(contract, slot), frontendPort(contract, slot))),
    [`127.0.0.1:${caddyPort(contract)} *`, "404"],
  ]);
}
