import { reportMatrix } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootBareHost, type BareHost } from "./bare-host.ts";

const INSTALL = "./scripts/systemd-install-runtime.sh";
const KILLED = 137;

/** What tells how far an installation has come, as commands of a shell, in order. */
const POINTS: Readonly<Record<string, string>> = {
  "its record is written": "test -e /var/lib/oroboros/installed.json",
  "users are being made": "test -e /etc/sysusers.d/oroboros.conf",
  "directories are being made": "test -d /srv/oroboros/releases",
  "secrets are being written": "test -e /etc/oroboros/api.env",
  "units are being written": "test -e /etc/systemd/system/ouroboros-api.service",
  "PostgreSQL's settings are being written": "test -e /etc/postgresql/15/main/conf.d/oroboros.conf",
  "the release is being made": "compgen -G '/srv/oroboros/releases/.*.partial'",
  "the release is current": "test -L /srv/oroboros/current",
  "the repository is being made": "test -e /srv/oroboros/repo/HEAD",
  "databases are being made": "compgen -G '/var/lib/postgresql/15/main/base/1[0-9][0-9][0-9][0-9]'",
  "tokens are written": "test -e /etc/oroboros/cli.env",
};

let host: BareHost;
beforeAll(async () => {
  host = await bootBareHost();
  await host.typed("./scripts/bootstrap.sh");
});
afterAll(() => host?.box.stop());

/** Types the installation and kills it at a point; its exit status. Who watches goes before the installation, on a busy machine too. */
async function killAt(reached: string): Promise<number> {
  const script = [
    `${INSTALL} >/dev/null 2>&1 & pid=$!`,
    "renice --priority -20 --pid $$ >/dev/null",
    "exec {nothing}<> <(:)",
    `until { ${reached}; } >/dev/null 2>&1 || ! kill -0 $pid 2>/dev/null; do read -rt 0.002 -u $nothing; done`,
    "kill -KILL $pid 2>/dev/null; wait $pid",
  ].join("\n");
  return (await host.type(script)).exitCode;
}

test("an installation that is killed wherever it is goes on when it is typed again, of another contract too, and then nothing is left to do", async () => {
  const notKilled: string[] = [];
  for (const [point, reached] of Object.entries(POINTS)) {
    if ((await killAt(reached)) !== KILLED) notKilled.push(point);
  }
  const install = async (): Promise<Record<string, unknown>> => host.typedJson(INSTALL);
  expect(await install()).toMatchObject({ ok: true, next: "./scripts/runtime-up.sh" });
  expect(await install()).toMatchObject({ ok: true, changed: [] });
  for (const name of ["api", "worker"]) {
    const login = `. /etc/oroboros/${name}.env && psql "$DATABASE_URL" -XAtqc 'select count(*) from slot_leases'`;
    expect((await host.typed(login)).trim()).toBe("3");
  }
  // Nothing half-made is left: neither releases nor files that were to replace others.
  expect(await host.typed("find /srv/oroboros/releases -maxdepth 1 -name '.*' ! -path /srv/oroboros/releases")).toBe(
    "",
  );
  const git = "git -c user.name=test -c user.email=test@localhost";
  await host.typed(`sed -i 's/slotCount: 3/slotCount: 4/' infra/contract.ts && ./scripts/oroboros render`);
  await host.typed(`git add -A && ${git} commit -qm "one more slot" && ./scripts/bootstrap.sh`);
  if ((await killAt("test -e /etc/oroboros/web-preview4.env")) !== KILLED) notKilled.push("a slot is being added");
  // The next one is another: it knows what the killed one has left.
  await host.typed("git reset -q --hard HEAD~1");
  expect(await install()).toMatchObject({
    ok: true,
    changed: expect.arrayContaining(["remove /etc/oroboros/web-preview4.env"]),
  });
  expect(await install()).toMatchObject({ ok: true, changed: [] });
  const report = { matrix: "install-killed", cases: Object.keys(POINTS).length + 1, violations: 0 };
  reportMatrix({ ...report, not_enforced: notKilled });
  expect(notKilled).toEqual([]);
}, 900_000);
