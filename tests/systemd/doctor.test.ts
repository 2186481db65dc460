import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootBareHost, type BareHost } from "./bare-host.ts";

/** The release's own, which nobody makes anew while it is tested. */
const OROBOROS = "/srv/oroboros/current/scripts/oroboros";

let host: BareHost;

beforeAll(async () => {
  host = await bootBareHost();
  await host.typed("./scripts/systemd-install-runtime.sh && ./scripts/runtime-up.sh");
});

afterAll(() => host?.box.stop());

interface Finding {
  level: string;
  code: string;
  subject: string;
  hint: string;
}

async function findings(): Promise<Finding[]> {
  const { stdout } = await host.type(`${OROBOROS} doctor --json`);
  const { sections } = JSON.parse(stdout) as { sections: { skipped: string | null; findings: Finding[] }[] };
  expect(sections.filter(({ skipped }) => skipped !== null)).toEqual([]);
  return sections.flatMap((section) => section.findings);
}

const errors = async (): Promise<string[]> =>
  (await findings())
    .filter(({ level }) => level === "error")
    .map(({ code, subject, hint }) => `${code} ${subject}: ${hint}`);

test("a host that was installed and started has nothing wrong with it, in any section", async () => {
  expect(await errors()).toEqual([]);
  const { exitCode } = await host.type(`${OROBOROS} doctor --json`);
  expect(exitCode).toBe(0);
});

test("what Debian 12 can not do about is a warning: its Caddy, and previews below production's domain", async () => {
  expect(await findings()).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({ level: "warning", code: "version_vulnerable", subject: "caddy" }),
      expect.objectContaining({ level: "warning", code: "domain_shared" }),
    ]),
  );
});

const OVERRIDE = "/etc/systemd/system/ouroboros-api.service.d";

/** What somebody does to a host, what is said of it first, and where the hint itself is more than a command, what is typed to undo it. */
const DRIFTS: [what: string, command: string, finding: string, repair?: string][] = [
  [
    "a directory of everybody's slots is given to one",
    "chown oroboros-preview-1 /srv/oroboros/worktrees",
    "owner_wrong /srv/oroboros/worktrees: chown root:oroboros-worker /srv/oroboros/worktrees",
  ],
  [
    "secrets can be read by everybody",
    "chmod 0644 /etc/oroboros/worker.env",
    "mode_wrong /etc/oroboros/worker.env: chmod 0600 /etc/oroboros/worker.env",
  ],
  [
    "a slot becomes an operator",
    "usermod --append --groups oroboros-operators oroboros-preview-1",
    "account_group oroboros-preview-1: gpasswd --delete oroboros-preview-1 oroboros-operators",
  ],
  [
    "the api is given a shell",
    "usermod --shell /bin/sh oroboros",
    "account_shell oroboros: usermod --shell /usr/sbin/nologin oroboros",
  ],
  [
    "the firewall is flushed",
    "nft flush ruleset",
    "firewall_missing inet oroboros: systemctl restart ouroboros-nftables.service",
  ],
  [
    "a timer is stopped",
    "systemctl stop ouroboros-prune.timer",
    "unit_not_active ouroboros-prune.timer: systemctl enable --now ouroboros-prune.timer",
  ],
  [
    "nothing is started at boot",
    "systemctl disable ouroboros.target",
    "unit_not_enabled ouroboros.target: systemctl enable ouroboros.target",
  ],
  [
    "Debian's Caddy may start again",
    "systemctl unmask caddy",
    "unit_not_masked caddy.service: systemctl mask --now caddy.service",
  ],
  [
    "somebody else listens on a port",
    "systemd-run --quiet --unit=squatter python3 -m http.server 8200 --bind 127.0.0.1; until ss -ltn | grep -q :8200; do :; done",
    "port_foreign 8200: Stop it, as with: systemctl disable --now squatter.service",
    "systemctl stop squatter.service",
  ],
  [
    "a unit is loosened by a drop-in",
    `mkdir ${OVERRIDE} && printf '[Service]\\nProtectSystem=no\\nNoNewPrivileges=no\\nSystemCallFilter=\\nCapabilityBoundingSet=~\\n' > ${OVERRIDE}/mine.conf && systemctl daemon-reload`,
    "unit_exposed ouroboros-api.service: systemctl cat ouroboros-api.service; systemd-analyze security ouroboros-api.service",
    `rm -r ${OVERRIDE} && systemctl daemon-reload`,
  ],
  [
    "a slot's sandbox is opened",
    "systemctl set-property --runtime ouroboros-preview-backend@preview1.service MemoryMax=infinity",
    "unit_overridden /run/systemd/system.control/ouroboros-preview-backend@preview1.service.d: systemctl cat ouroboros-preview-backend@preview1.service",
    "rm -r /run/systemd/system.control && systemctl daemon-reload",
  ],
  [
    "the Caddyfile is changed by hand",
    "echo '# mine' >> /etc/oroboros/Caddyfile",
    "file_edited /etc/oroboros/Caddyfile: See the difference: ./scripts/systemd-install-runtime.sh --dry-run; put back what is rendered: ./scripts/systemd-install-runtime.sh --replace",
    "sed -i '/^# mine$/d' /etc/oroboros/Caddyfile",
  ],
  [
    "a unit is removed",
    "mv /etc/systemd/system/ouroboros-purge@.service /root/ && systemctl daemon-reload",
    "unit_missing ouroboros-purge@preview1.service: ./scripts/systemd-install-runtime.sh",
    "mv /root/ouroboros-purge@.service /etc/systemd/system/ && systemctl daemon-reload",
  ],
];

describe("where all of this was done to a host", () => {
  let found: string[];
  beforeAll(async () => {
    for (const [, command] of DRIFTS) await host.typed(command);
    found = await errors();
  });

  test.each(DRIFTS)("%s: that is found", (_what, _command, finding) => {
    expect(found).toContain(finding);
  });

  test("typing what the findings say undoes it", async () => {
    for (const [, , finding, repair] of DRIFTS) await host.typed(repair ?? finding.slice(finding.indexOf(": ") + 2));
    expect(await errors()).toEqual([]);
  });
});

test.each([
  ["a rule", "nft insert rule inet oroboros output accept"],
  ["a port for a user", "nft 'add element inet oroboros loopback_may { 0 . 9 }'"],
])("%s that somebody adds to the firewall is found, and typing what is said undoes it", async (_what, command) => {
  const reload = "systemctl reload ouroboros-nftables.service";
  await host.typed(command);
  expect(await errors()).toEqual([`firewall_changed inet oroboros: ${reload}`]);
  await host.typed(reload);
  expect(await errors()).toEqual([]);
});

test("an operator's own variable is nobody's drift", async () => {
  await host.typed("echo 'WORKER_ARTIFACT_MAX_AGE_DAYS=\"7\"' >> /etc/oroboros/worker.env");
  expect(await errors()).toEqual([]);
});

test("a Redis that keeps nothing is told, and is nothing wrong", async () => {
  await host.typed("redis-cli CONFIG SET save ''");
  expect((await findings()).map(({ level, code }) => `${level} ${code}`)).toContain("warning redis_forgets");
  await host.typed("redis-cli CONFIG SET save '3600 1'");
});

type Health = { service: string; status: string; detail: string | null; next: string | null };

async function sick(scope = "all"): Promise<{ exitCode: number; services: Health[] }> {
  const { exitCode, stdout } = await host.type(`${OROBOROS} host health-check --scope ${scope} --json`);
  const { services } = JSON.parse(stdout) as { services: Health[] };
  return { exitCode, services: services.filter(({ status }) => status === "unhealthy") };
}

/** A service that is stopped, and what is then said of which, with what to type. */
const STOPPED: [unit: string, services: RegExp, detail: RegExp, next: string][] = [
  [
    "ouroboros-preview-backend@preview2.service",
    /^preview-backend@preview2$/,
    /ECONNREFUSED; ouroboros-preview-backend@preview2\.service is stopped/,
    "/srv/oroboros/current/scripts/preview-backend-runtime.sh start --slot preview-2",
  ],
  [
    "redis-server.service",
    /^(redis|api)$/,
    /127\.0\.0\.1:6379 refused: ECONNREFUSED; redis-server\.service is stopped/,
    "systemctl start redis-server.service",
  ],
  [
    "ouroboros-caddy.service",
    /^(caddy|api|worker|web@.*)$/,
    /ECONNREFUSED; ouroboros-caddy\.service is stopped/,
    "systemctl start ouroboros-caddy.service",
  ],
  [
    "postgresql@15-main.service",
    /^(postgres|api|preview-backend@.*)$/,
    /^127\.0\.0\.1:5432 refused: ECONNREFUSED; postgresql@15-main\.service is stopped/,
    "systemctl start postgresql@15-main.service",
  ],
];

test.each(STOPPED)(
  "%s is stopped: that is told of whom it concerns, with what starts it",
  async (unit, services, detail, next) => {
    expect((await sick()).services).toEqual([]);
    await host.typed(`systemctl stop ${unit}`);
    const found = await sick();
    expect(found.exitCode).toBe(4);
    expect(found.services.filter(({ service }) => !services.test(service))).toEqual([]);
    const [first] = found.services;
    expect(first?.detail).toMatch(detail);
    expect(next).toContain(first?.next?.replace(/^\.\//, ""));
    await host.typed(next);
    await expect.poll(async () => (await sick()).services, { timeout: 120_000 }).toEqual([]);
  },
);

test("what previews are like is no matter to production's scope", async () => {
  await host.typed("systemctl stop ouroboros-preview-backend@preview2.service");
  expect((await sick("production")).exitCode).toBe(0);
  expect((await sick("slots")).exitCode).toBe(4);
});
