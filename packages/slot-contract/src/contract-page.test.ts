import { join } from "node:path";
import { expect, test } from "vitest";
import type { z } from "zod";
import { ENDPOINTS } from "./api/endpoints.ts";
import type { Endpoint } from "./api/endpoint.ts";
import { CONTRACT_RULES } from "./contract-rules.ts";
import { defineRuntime } from "./define-runtime.ts";
import { ERROR_KINDS, EXIT_CODES } from "./operator-error.ts";
import { ENDING_CODES, FAILURE_CODES, WAITING_FOR_SLOT } from "./reason-code.ts";
import { isTerminal, RUN_STATES, RUN_TRANSITIONS } from "./run-state.ts";
import { PROCESS_VARIABLES, VARIABLE_DESCRIPTIONS } from "./testing/variable-descriptions.ts";
import { serviceRows } from "./testing/service-rows.ts";

const PAGE = join(import.meta.dirname, "../../../docs/contract.md");

test("docs/contract.md says what the contract says", async () => {
  await expect(contractPage()).toMatchFileSnapshot(PAGE);
});

test("every variable is described, and none that is read by nobody", () => {
  const read = new Set(Object.values(PROCESS_VARIABLES).flatMap((variables) => Object.keys(variables)));
  expect(Object.keys(VARIABLE_DESCRIPTIONS).toSorted()).toEqual([...read].toSorted());
});

const code = (text: string | number): string => `\`${text}\``;
const codes = (texts: readonly (string | number)[]): string => texts.map(code).join(", ") || "-";

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""];
}

function contractPage(): string {
  return [
    "<!-- Generated from packages/slot-contract: scripts/pnpm --filter @oroboros/slot-contract test -u -->",
    "# Contract",
    "",
    "What `@oroboros/slot-contract` derives, holds and says. Names and ports are those of a contract that says nothing.",
    "",
    ...names(),
    "## Rules",
    "",
    "A contract that breaks one is refused with `invalid_contract` and the rule's name.",
    "",
    ...CONTRACT_RULES.map(({ name, sentence }) => `- ${code(name)}: ${sentence}`),
    "",
    ...variables(),
    ...states(),
    ...errorCodes(),
    ...endpoints(),
  ].join("\n");
}

function names(): string[] {
  const runtime = defineRuntime();
  const slots = runtime.slots.map((slot) => [
    `${code(slot.id)} (${code(slot.alias)})`,
    code(slot.host),
    slot.frontendPort,
    slot.backendPort,
    code(slot.database),
    code(slot.surfaceUnit),
    code(slot.backendUnit),
    code(slot.webRoot),
  ]);
  return [
    "## Services",
    "",
    ...table(["service", "unit", "port", "host"], serviceRows(runtime)),
    "## Slots",
    "",
    ...table(
      ["slot", "host", "frontend", "backend", "database", "surface's unit", "backend's unit", "static root"],
      slots,
    ),
  ];
}

function variables(): string[] {
  const sections = Object.entries<Record<string, z.ZodType>>(PROCESS_VARIABLES).flatMap(([process, schemas]) => [
    `### ${process}`,
    "",
    ...Object.entries(schemas).map(([name, schema]) => {
      const need = schema.safeParse(undefined).success ? "optional" : "required";
      return `- ${code(name)} (${need}): ${VARIABLE_DESCRIPTIONS[name as keyof typeof VARIABLE_DESCRIPTIONS]}`;
    }),
    "",
  ]);
  return [
    "## Environment",
    "",
    "A missing or wrong variable stops a process with one message that names all of them.",
    "",
    ...sections,
  ];
}

function states(): string[] {
  const rows = RUN_STATES.map((state) => [
    code(state),
    isTerminal(state) ? "ends the run" : codes(RUN_TRANSITIONS[state].agent),
    isTerminal(state) ? "" : codes(RUN_TRANSITIONS[state].system),
  ]);
  return [
    "## Run states",
    "",
    ...table(["from", "an agent or the system to", "the system alone to"], rows),
    `A run fails with ${codes(FAILURE_CODES)}; is canceled or expires with ${codes(ENDING_CODES)}; and waits with ${code(WAITING_FOR_SLOT)}.`,
    "",
  ];
}

function errorCodes(): string[] {
  const rows = Object.entries(EXIT_CODES).map(([kind, exit]) => [
    kind,
    exit,
    codes(Object.entries(ERROR_KINDS).flatMap(([name, of]) => (of === kind ? [name] : []))),
  ]);
  return ["## Error codes", "", ...table(["kind", "exit code", "codes"], rows)];
}

function endpoints(): string[] {
  const rows = Object.entries<Endpoint>(ENDPOINTS).map(([name, { method, path, role, status }]) => [
    code(`${method} ${path}`),
    code(name),
    role ?? "anybody",
    status,
  ]);
  const note = "`planned` ones are agreed on and not answered yet.";
  return ["## Endpoints", "", note, "", ...table(["endpoint", "client's method", "role", "status"], rows)];
}
