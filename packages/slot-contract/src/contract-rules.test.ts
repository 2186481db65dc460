import { expect, test } from "vitest";
import { CONTRACT_RULES } from "./contract-rules.ts";
import { defineContract, type RuntimeContractInput } from "./runtime-contract.ts";

const broken: [rule: string, input: RuntimeContractInput, ...more: string[]][] = [
  ["root_plain", { root: "relative" }],
  ["root_plain", { root: "/a/../b" }],
  ["slot_count", { slotCount: 0 }],
  ["slot_count", { slotCount: 100 }],
  ["slot_count", { slotCount: 1e9 }],
  ["slot_count", { slotCount: 1.5 }],
  ["port_offset", { portOffset: -1 }],
  ["port_offset", { portOffset: 10_001 }],
  ["domain_is_a_host_name", { domain: "Example.com", previewDomain: "example.com" }],
  ["domain_is_a_host_name", { domain: "example.com\n}", previewDomain: "example.com" }],
  ["domain_is_a_host_name", { domain: "", previewDomain: "example.com" }],
  ["domain_is_a_host_name", { domain: "127.0.0.1", previewDomain: "example.com" }],
  ["domain_is_a_host_name", { domain: "a..b", previewDomain: "example.com" }],
  ["preview_domain_is_a_host_name", { previewDomain: "-a.example" }],
  ["preview_domain_is_a_host_name", { previewDomain: `${"a.".repeat(125)}a` }],
  ["unit_prefix_plain", { unitPrefix: "a@b" }],
  ["unit_prefix_plain", { unitPrefix: "../x" }],
  ["unit_prefix_plain", { unitPrefix: "" }],
  ["cors_origins_exact", { corsAllowedOrigins: ["*"] }],
  ["cors_origins_exact", { corsAllowedOrigins: ["https://*.example.com"] }],
  ["cors_origins_exact", { corsAllowedOrigins: ["https://example.com/"] }],
  ["cors_origins_exact", { corsAllowedOrigins: ["https://example.com:443"] }],
  ["cors_origins_exact", { corsAllowedOrigins: ["null"] }],
  ["cors_origins_exact", { corsAllowedOrigins: ["https://a.example,https://b.example"] }],
  ["public_tls_email", { publicTls: { email: "nobody" } }],
  ["public_tls_email", { publicTls: { email: "a@example.com\n}" } }],
  ["public_tls_email", { publicTls: { email: "{$HOME}@example.com" } }],
  ["slot_limits", { slotLimits: { memoryMb: 64 } }],
  ["slot_limits", { slotLimits: { cpuPercent: 0.5 } }],
  ["slot_limits", { slotLimits: { tasks: 4096.5 } }],
  ["slot_networks", { slotNetworks: ["10.0.0.0"] }],
  ["slot_networks", { slotNetworks: ["127.0.0.0/8"] }],
  ["slot_networks", { slotNetworks: ["169.254.0.0/16"] }],
  ["slot_networks", { slotNetworks: ["0.0.0.0/8"] }],
  ["slot_networks", { slotNetworks: ["10.0.0.0/8; flush ruleset"] }],
  ["slot_networks", { slotNetworks: ["10.0.0.256/32"] }],
  // 3101 + 2331 is PostgreSQL's own port, which no offset moves.
  ["ports_unique", { portOffset: 2331 }],
  ["ports_unique", { portOffset: 3277 }],
];

test.each(broken)("%s is broken by %j, and the refusal names it", (rule, input) => {
  expect(() => defineContract(input)).toThrow(
    expect.objectContaining({ code: "invalid_contract", message: expect.stringContaining(`(${rule})`) }),
  );
});

test("a value of the wrong type is refused by its field", () => {
  expect(() => defineContract({ slotCount: "3" } as never)).toThrow(/slotCount: /);
  expect(() => defineContract({ slots: 3 } as never)).toThrow(expect.objectContaining({ code: "invalid_contract" }));
});

test("every rule has its own name, and holds for the documents' host", () => {
  const names = CONTRACT_RULES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(CONTRACT_RULES.flatMap(({ check }) => check(defineContract()))).toEqual([]);
});
