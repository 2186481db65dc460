import {
  API_USER,
  APP_USER,
  BUILD_USER,
  CADDY_USER,
  PACKAGES_USER,
  POSTGRES_USER,
  REDIS_USER,
  WEB_USER,
  WORKER_USER,
} from "@oroboros/slot-contract/host";
import { reportMatrix, rounds } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askSystemd, MANAGER_REQUESTS, UNIT_REQUESTS, type Answer, type Request } from "./ask-systemd.ts";
import { bootHost, type Host } from "./boot-host.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";
const SLOTS = ["preview1", "preview2", "preview3"];
const PASSING = SLOTS.flatMap((slot) => [
  ...["checkout", "install", "build", "migrate", "cleanup"].map((kind) => `ouroboros-step-${kind}@${slot}.service`),
  `ouroboros-purge@${slot}.service`,
]);
const BACKENDS = SLOTS.map((slot) => `ouroboros-preview-backend@${slot}.service`);
const BY_COMMIT = ["deploy", "self-deploy", "rollback"].map((kind) => `ouroboros-${kind}@${SHA}.service`);

// The worker's rights as the design has them; the rule's own table is not asked.
const GRANTED = new Set([
  ...[...PASSING, "ouroboros-packages.service"].flatMap((unit) => [`start ${unit}`, `stop ${unit}`]),
  ...BACKENDS.flatMap((unit) => ["start", "stop", "restart"].map((verb) => `${verb} ${unit}`)),
  ...BY_COMMIT.map((unit) => `start ${unit}`),
]);

const NOT_OURS_TO_ASK = [
  ...[
    "ouroboros.target",
    "ouroboros-api.service",
    "ouroboros-api.socket",
    "ouroboros-worker.service",
    "ouroboros-caddy.service",
  ],
  ...[
    "ouroboros-web@main.service",
    "ouroboros-web@preview1.service",
    "ouroboros-web@preview1.socket",
    "ouroboros-nftables.service",
  ],
  ...[
    "ouroboros-app.service",
    "ouroboros-reap-leases.service",
    "ouroboros-reap-leases.timer",
    "ouroboros-prune.service",
  ],
  ...[
    "postgresql@15-main.service",
    "postgresql.service",
    "redis-server.service",
    "dbus.service",
    "systemd-journald.service",
  ],
  ...[
    "multi-user.target",
    "rescue.target",
    "reboot.target",
    "ctrl-alt-del.target",
    "init.scope",
    "-.slice",
    "system.slice",
    "-.mount",
  ],
];
const ALMOST_OURS = [
  ...[
    "ouroboros-step-build@preview4.service",
    "ouroboros-step-build@preview01.service",
    "ouroboros-step-build@.service",
  ],
  ...[
    "ouroboros-step-build@preview1.socket",
    "ouroboros-step-build@preview\\x31.service",
    "ouroboros-step-build@Preview1.service",
  ],
  ...["ouroboros-step-shell@preview1.service", "ouroboros-step-@preview1.service", "ouroboros-purge@.service"],
  ...["ouroboros-preview-backend@preview0.service", "ouroboros-preview-backend@main.service", "mine.service"],
  ...[`ouroboros-deploy@${SHA}0.service`, `ouroboros-deploy@${SHA.slice(1)}.service`, "ouroboros-deploy@main.service"],
  ...[
    `ouroboros-deploy@${SHA.toUpperCase()}.service`,
    `ouroboros-deploy@${SHA}.timer`,
    `ouroboros-migrate@${SHA}.service`,
    `ouroboros-build@${SHA}.service`,
    `ouroboros-app-migrate@${SHA}.service`,
  ],
];
const OF_EACH_KIND = [
  ...["ouroboros-step-build@preview1.service", "ouroboros-purge@preview1.service", "ouroboros-packages.service"],
  ...[
    "ouroboros-preview-backend@preview1.service",
    `ouroboros-deploy@${SHA}.service`,
    `ouroboros-rollback@${SHA}.service`,
  ],
];
const SLOT_USER = "oroboros-preview-1";

interface Cell {
  readonly verb: string;
  readonly unit: string;
  readonly request: Request;
}

let host: Host;
beforeAll(async () => {
  host = await bootHost(STAND_INS);
  // What nothing refers to is unloaded, and about that systemd answers without asking polkit.
  const all = [...PASSING, ...BACKENDS, ...BY_COMMIT, ...OF_EACH_KIND, ...NOT_OURS_TO_ASK, ...ALMOST_OURS];
  await host.box.write(
    "/run/systemd/system/loaded.target",
    `[Unit]\nAfter=${all.filter((unit) => !unit.includes("@.")).join(" ")}\n`,
  );
  await host.box.systemctl("start", "loaded.target", ...BACKENDS);
});
afterAll(() => host.box.stop());

test("the worker has exactly its verbs on exactly its units", async () => {
  const often = IS_FULL ? Object.keys(UNIT_REQUESTS) : ["start", "stop", "restart by a job"];
  const cells = [
    ...Object.keys(UNIT_REQUESTS).flatMap((verb) => OF_EACH_KIND.map((unit) => cellOf(verb, unit))),
    ...often.flatMap((verb) => [...NOT_OURS_TO_ASK, ...ALMOST_OURS].map((unit) => cellOf(verb, unit))),
    ...["start", "stop"].flatMap((verb) => [...PASSING, ...BACKENDS, ...BY_COMMIT].map((unit) => cellOf(verb, unit))),
  ];
  await expectAnswers("systemd for the worker", [WORKER_USER], cells, ({ verb, unit }) =>
    GRANTED.has(`${verb} ${unit}`),
  );
});

test("nobody else of ours may ask systemd for anything", async () => {
  const users = [
    API_USER,
    WEB_USER,
    PACKAGES_USER,
    BUILD_USER,
    APP_USER,
    CADDY_USER,
    POSTGRES_USER,
    REDIS_USER,
    SLOT_USER,
  ];
  const verbs = IS_FULL ? Object.keys(UNIT_REQUESTS) : ["start", "kill"];
  const units = [...OF_EACH_KIND, "ouroboros-api.service", "dbus.service"];
  const cells = verbs.flatMap((verb) => units.map((unit) => cellOf(verb, unit)));
  await expectAnswers("systemd for everybody else", users, cells, () => false);
});

test("nobody of ours may ask for what is the manager's", async () => {
  const before = await managerState();
  const cells = MANAGER_REQUESTS.map((request) => ({ verb: request.join(" "), unit: "", request }));
  await expectAnswers("systemd's manager", [WORKER_USER, API_USER, WEB_USER, SLOT_USER], cells, () => false);
  expect(await managerState()).toBe(before);
});

test("a pattern reaches only what the worker may stop by name", async () => {
  const { box } = host;
  await box.write("/run/systemd/system/ouroboros-standing.service", "[Service]\nExecStart=/bin/sleep infinity\n");
  await box.systemctl("start", "ouroboros-standing.service", ...BACKENDS);
  const stands = () =>
    box.must(["systemctl", "show", "--property=Id,InvocationID,ActiveState", "dbus", "ouroboros-standing"]);
  const before = await stands();
  const patterns = ["*", "ouroboros-*", "ouroboros-preview-backend@*", "[o]*.service"];
  await askSystemd(
    box,
    WORKER_USER,
    patterns.map((pattern) => ["systemctl", "--no-ask-password", "stop", pattern]),
  );
  expect(await stands()).toBe(before);
  expect((await box.run(["systemctl", "is-active", ...BACKENDS])).stdout).toBe("inactive\n".repeat(BACKENDS.length));
});

test("the matrix notices a rule that grants too much, and one that is missing", async () => {
  const rule = `polkit.addRule(function (action, subject) { if (subject.user === "${WORKER_USER}") return polkit.Result.YES; });`;
  await using open = await bootHost({ ...STAND_INS, files: { "/etc/polkit-1/rules.d/10-open.rules": rule } });
  const forbidden = [
    cellOf("start", "ouroboros-caddy.service"),
    cellOf("restart", "ouroboros-step-build@preview1.service"),
  ];
  expect((await wrongAnswers(open, WORKER_USER, forbidden, () => false)).wrong).toHaveLength(forbidden.length);
  await using closed = await bootHost({
    ...STAND_INS,
    change: (file) => (file.path.startsWith("polkit/") ? null : file),
  });
  const granted = OF_EACH_KIND.map((unit) => cellOf("start", unit));
  expect((await wrongAnswers(closed, WORKER_USER, granted, () => true)).wrong).toHaveLength(granted.length);
});

// polkit is told a verb and a unit, not how its job goes with others: `--job-mode=flush` cancels whatever waits to be started.
const JOB_MODES = "polkit sees no --job-mode=";
const STAND_INS = { apps: { "step-runner": "idle", cli: "idle" } };
const IS_FULL = rounds(10) === 10;

const cellOf = (verb: string, unit: string): Cell => ({ verb, unit, request: UNIT_REQUESTS[verb]?.(unit) ?? [] });

type IsGranted = (cell: Cell) => boolean;

async function expectAnswers(
  matrix: string,
  users: readonly string[],
  cells: readonly Cell[],
  isGranted: IsGranted,
): Promise<void> {
  const wrong: string[] = [];
  let undecided = 0;
  for (const user of users) {
    const found = await wrongAnswers(host, user, cells, isGranted);
    wrong.push(...found.wrong);
    undecided += found.undecided;
  }
  const cases = users.length * cells.length;
  reportMatrix({ matrix, cases, violations: wrong.length, not_enforced: [JOB_MODES] });
  expect(wrong).toEqual([]);
  // Otherwise nearly nothing was decided by the rule.
  expect(undecided).toBeLessThan(cases / 3);
}

async function wrongAnswers(
  { box }: Host,
  user: string,
  cells: readonly Cell[],
  isGranted: IsGranted,
): Promise<{ wrong: string[]; undecided: number }> {
  const requests = cells.map(({ request }) => request);
  const answers = await askSystemd(box, user, requests);
  const wrong = cells.flatMap((cell, index) => {
    const { is, said } = answers[index] as Answer;
    const isRight = isGranted(cell) ? is === "done" : is !== "done";
    return isRight ? [] : [`${user} ${cell.verb} ${cell.unit}: ${is} ${said}`];
  });
  return { wrong, undecided: answers.filter(({ is }) => is === "impossible").length };
}

const managerState = (): Promise<string> =>
  host.box.must(["systemctl", "show", "--property=Environment,LogLevel,ServiceWatchdogs,ShowStatus"]);
