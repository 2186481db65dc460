import { runInNewContext } from "node:vm";
import { defineContract, type RuntimeContractInput } from "@oroboros/slot-contract";
import { describe, expect, test } from "vitest";
import { renderPolkitRules } from "./polkit-rules.ts";

type Result = "yes" | "no" | "not handled";
interface Action {
  id: string;
  lookup: (key: string) => string | undefined;
}
type Rule = (action: Action, subject: { user: string }) => Result;

const MANAGE_UNITS = "org.freedesktop.systemd1.manage-units";
const SHA = "0123456789abcdef0123456789abcdef01234567";

/** The rule as polkit holds it; what it is about besides is in `tests/systemd`, with the real one. */
function ruleOf(input: RuntimeContractInput = {}): Rule {
  const rules: Rule[] = [];
  const Result = { YES: "yes", NO: "no", NOT_HANDLED: "not handled" };
  const polkit = { Result, addRule: (rule: Rule) => rules.push(rule) };
  runInNewContext(renderPolkitRules(defineContract(input)).text, { polkit });
  expect(rules).toHaveLength(1);
  return rules[0]!;
}
const rule = ruleOf();
const decide = (user: string, unit?: string, verb?: string, id = MANAGE_UNITS): Result => {
  const details: Record<string, string | undefined> = { unit, verb };
  return rule({ id, lookup: (key) => details[key] }, { user });
};
const worker = (unit?: string, verb?: string, id?: string): Result => decide("oroboros-worker", unit, verb, id);

const VERBS = [
  "start",
  "stop",
  "restart",
  "reload",
  "try-restart",
  "reload-or-restart",
  "kill",
  "reset-failed",
  "set-property",
  "freeze",
  "clean",
  "ref",
  "",
];
const steps = ["checkout", "install", "build", "migrate", "cleanup"].map((kind) => `ouroboros-step-${kind}@preview`);
const ofSlot = (number: number): [string, string[]][] => [
  ...steps.map((step): [string, string[]] => [`${step}${number}.service`, ["start", "stop"]]),
  [`ouroboros-purge@preview${number}.service`, ["start", "stop"]],
  [`ouroboros-preview-backend@preview${number}.service`, ["start", "stop", "restart"]],
];

describe("the worker", () => {
  test.each([...[1, 2, 3].flatMap(ofSlot), ["ouroboros-packages.service", ["start", "stop"]] as [string, string[]]])(
    "may ask of %s only %j",
    (unit, verbs) => {
      for (const verb of VERBS) expect([verb, worker(unit, verb)]).toEqual([verb, verbs.includes(verb) ? "yes" : "no"]);
    },
  );

  test.each(["build", "app-migrate"])("may not start %s, which runs what a commit says", (kind) => {
    for (const verb of VERBS) expect([verb, worker(`ouroboros-${kind}@${SHA}.service`, verb)]).toEqual([verb, "no"]);
  });

  test.each(["deploy", "self-deploy", "rollback"])("may start %s, of a full commit id", (kind) => {
    for (const verb of VERBS)
      expect([verb, worker(`ouroboros-${kind}@${SHA}.service`, verb)]).toEqual([verb, verb === "start" ? "yes" : "no"]);
    const others = [
      "",
      "main",
      SHA.slice(1),
      `${SHA}0`,
      SHA.toUpperCase(),
      `${SHA}\n`,
      `\n${SHA}`,
      `${SHA}.service@${SHA}`,
      "*",
      `${SHA.slice(1)}*`,
    ];
    for (const id of others) expect([id, worker(`ouroboros-${kind}@${id}.service`, "start")]).toEqual([id, "no"]);
  });

  test.each([
    ...ofSlot(4).map(([unit]) => unit),
    "ouroboros-step-*",
    "ouroboros-step-build@*.service",
    "ouroboros-step-build@preview1",
    "ouroboros-step-build@preview01.service",
    "ouroboros-step-build@preview1.service ",
    "ouroboros-step-build@preview1.service\n",
    "ouroboros-api.service",
    "ouroboros-worker.service",
    "ouroboros-web@preview1.service",
    "ouroboros-caddy.service",
    "ouroboros-nftables.service",
    "ouroboros-app.service",
    "ouroboros.target",
    "postgresql@15-main.service",
    "rescue.target",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "",
  ])("may ask nothing of %j", (unit) => {
    for (const verb of VERBS) expect([verb, worker(unit, verb)]).toEqual([verb, "no"]);
  });

  test("may start no transient unit, of which polkit is told neither name nor verb", () => {
    expect(worker()).toBe("no");
    expect(worker("ouroboros-step-build@preview1.service")).toBe("no");
    expect(worker(undefined, "start")).toBe("no");
  });

  test.each(["manage-unit-files", "reload-daemon", "set-environment"])("may not %s", (name) => {
    expect(worker("ouroboros-packages.service", "start", `org.freedesktop.systemd1.${name}`)).toBe("no");
  });

  test("may do nothing else that polkit knows of", () => {
    expect(worker(undefined, undefined, "org.freedesktop.login1.reboot")).toBe("no");
  });
});

test.each([
  "oroboros",
  "oroboros-web",
  "oroboros-packages",
  "oroboros-build",
  "oroboros-app",
  "oroboros-preview-1",
  "oroboros-preview-3",
])("%s may ask nothing of anybody", (user) => {
  expect(decide(user, "ouroboros-preview-backend@preview1.service", "restart")).toBe("no");
  expect(decide(user, undefined, undefined, "org.freedesktop.login1.reboot")).toBe("no");
});

test.each(["root", "alice", "oroboros-preview-4", "oroboros-workers"])("%s is left to the rules of others", (user) => {
  expect(decide(user, "ouroboros-preview-backend@preview1.service", "restart")).toBe("not handled");
});

test("another prefix means other units", () => {
  const other = ruleOf({ unitPrefix: "second" });
  const ask = (unit: string) =>
    other({ id: MANAGE_UNITS, lookup: (key) => (key === "unit" ? unit : "start") }, { user: "oroboros-worker" });
  expect(ask("second-packages.service")).toBe("yes");
  expect(ask(`second-deploy@${SHA}.service`)).toBe("yes");
  expect(ask("ouroboros-packages.service")).toBe("no");
  expect(ask(`ouroboros-deploy@${SHA}.service`)).toBe("no");
});
