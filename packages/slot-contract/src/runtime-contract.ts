import * as z from "zod";
import { CONTRACT_RULES, type ContractRule } from "./contract-rules.ts";
import { OperatorError } from "./operator-error.ts";

const DEFAULT_DOMAIN = "example.com";

/** Shapes and defaults only; what the values may be is {@link CONTRACT_RULES}'. */
const runtimeContractSchema = z.strictObject({
  /** Directory that stands for `/` in every derived path; an embedded installation lives wholly below it. */
  root: z.string().default("/"),
  /** How many slots this host has. The only place the number is written. */
  slotCount: z.number().default(3),
  /** Added to every port of ours, so that two embedded installations can share one host. */
  portOffset: z.number().default(0),
  /** `app.`, `api.` and `worker.` stand below it. */
  domain: z.string().default(DEFAULT_DOMAIN),
  /** The previews' hosts stand below it; `domain` where nothing else is said. */
  previewDomain: z.string().optional(),
  /** What the name of every systemd unit of ours starts with. */
  unitPrefix: z.string().default("ouroboros"),
  /** Origins allowed beside the app's, the previews' and the local ports'. */
  corsAllowedOrigins: z.array(z.string()).readonly().default([]),
  /** Serve the public hosts on 80 and 443 as well, with certificates that Caddy gets in this address's name (ACME, RFC 8555). */
  publicTls: z.union([z.literal(false), z.strictObject({ email: z.string() }).readonly()]).default(false),
  /** What each of a slot's units may take on a systemd host: its backend, and each of its steps. */
  slotLimits: z
    .strictObject({
      memoryMb: z.number().default(1024),
      /** Of one processor. */
      cpuPercent: z.number().default(150),
      tasks: z.number().default(256),
    })
    .readonly()
    .default({ memoryMb: 1024, cpuPercent: 150, tasks: 256 }),
  /** Private networks, such as a registry's, that installs and builds may reach beside public addresses. */
  slotNetworks: z.array(z.string()).readonly().default([]),
});

/** Everything a host's names, ports and paths derive from. */
export type RuntimeContract = Readonly<z.output<typeof runtimeContractSchema> & { previewDomain: string }>;
export type RuntimeContractInput = z.input<typeof runtimeContractSchema>;

/**
 * Checks a contract and fills in the documents' defaults.
 *
 * @throws OperatorError `invalid_contract`, naming every field that is wrong and every rule that is broken.
 */
export function defineContract(input: RuntimeContractInput = {}): RuntimeContract {
  const parsed = runtimeContractSchema.safeParse(input);
  if (!parsed.success) {
    throw invalidContract(
      parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the contract"}: ${message}`),
    );
  }
  const contract = { ...parsed.data, previewDomain: parsed.data.previewDomain ?? parsed.data.domain };
  // What derives from a field is only looked at once the fields are sound: a hundred million slots have no ports to compare.
  for (const about of ["fields", "derived"] as const) {
    const problems = CONTRACT_RULES.filter((rule) => rule.about === about).flatMap((rule) => broken(rule, contract));
    if (problems.length > 0) throw invalidContract(problems);
  }
  return Object.freeze(contract);
}

function broken(rule: ContractRule, contract: RuntimeContract): string[] {
  return rule.check(contract).map((problem) => `${problem} (${rule.name})`);
}

function invalidContract(problems: readonly string[]): OperatorError {
  return new OperatorError("invalid_contract", `The runtime contract is wrong: ${problems.join("; ")}.`, {
    hint: "Correct the named fields and run the command again.",
  });
}
