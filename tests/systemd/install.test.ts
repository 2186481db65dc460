import { afterAll, beforeAll, expect, test } from "vitest";
import { bootBareHost, type BareHost } from "./bare-host.ts";

const INSTALL = "./scripts/systemd-install-runtime.sh";
/** As `scripts/oroboros render`, which would first make the bundle of what is not rendered yet. */
const RENDER = "OROBOROS_CHECKOUT=$PWD node_modules/node-linux-*/bin/node dist/release/apps/cli.js render";
const GIT = "git -c user.name=test -c user.email=test@localhost";

interface Answer {
  ok: boolean;
  exitCode: number;
  plan: string[];
  changed: string[];
  next: string;
  release_id: string;
  commit_sha: string;
  error: { code: string; message: string; hint: string };
}

let host: BareHost;
beforeAll(async () => {
  host = await bootBareHost();
});
afterAll(() => host?.box.stop());

async function install(options = ""): Promise<Answer> {
  const { exitCode, stdout, stderr } = await host.type(`${INSTALL} ${options}`);
  if (stdout === "") throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Answer), exitCode };
}

const refused = (exitCode: number, code: string, message: string, hint = ""): object => ({
  exitCode,
  error: { code, message: expect.stringContaining(message), hint: expect.stringContaining(hint) },
});
const done = (changed: unknown): object => ({ exitCode: 0, ok: true, changed });

/** Everything that an installation writes, with owner, mode and content. */
const stateOf = (): Promise<string> =>
  host.typed(
    "find /etc/oroboros /etc/systemd/system /etc/sysusers.d /etc/tmpfiles.d /etc/sysctl.d /etc/polkit-1 /etc/postgresql " +
      "/etc/passwd /etc/group /var/lib/oroboros/installed.json -type f -printf '%p %U %G %m ' -exec sha256sum {} \\;",
  );

test("before anything is there a plan is printed, and nothing is done", async () => {
  const answer = await install("--dry-run");
  expect(answer).toMatchObject({ exitCode: 0, changed: [] });
  expect(answer.plan.length).toBeGreaterThan(50);
  expect(answer.plan).toContain("write /etc/systemd/system/ouroboros-api.service");
  expect((await host.type("ls -d /srv/oroboros /etc/oroboros /var/lib/oroboros")).exitCode).not.toBe(0);
  expect((await host.type("id oroboros")).exitCode).not.toBe(0);
});

test("a component that Debian has and the host has not is named, with the line that gets it", async () => {
  await host.typed("mv /usr/bin/redis-cli /usr/bin/redis-cli.away && mv /usr/bin/caddy /usr/bin/caddy.away");
  expect(await install()).toMatchObject(
    refused(1, "component_missing", "This host lacks caddy", "apt-get install --yes caddy redis-tools"),
  );
  await host.typed("mv /usr/bin/redis-cli.away /usr/bin/redis-cli && mv /usr/bin/caddy.away /usr/bin/caddy");
});

test("a clone that holds what no commit has, or an infra/ that nobody rendered, is refused", async () => {
  await host.typed("touch docs/not-committed.md");
  expect(await install()).toMatchObject(refused(5, "tree_not_committed", "docs/not-committed.md"));
  await host.typed(`rm docs/not-committed.md && echo '# mine' >>infra/caddy/Caddyfile && ${GIT} commit -qam mine`);
  expect(await install()).toMatchObject(refused(4, "files_drifted", "caddy/Caddyfile differs", "oroboros render"));
  await host.typed("git reset -q --hard HEAD~1");
});

test("a foreign process on one of the ports is named with its pid", async () => {
  await host.typed("systemd-run --quiet --unit=squatter python3 -m http.server 8000 --bind 127.0.0.1");
  const pid = (await host.typed("systemctl show --value --property=MainPID squatter.service")).trim();
  const free = "until curl -fsS -o /dev/null http://127.0.0.1:8000/; do :; done";
  await host.typed(free);
  expect(await install()).toMatchObject(
    refused(5, "port_taken", `with pid ${pid} of squatter.service`, "systemctl disable --now squatter.service"),
  );
  await host.typed("systemctl stop squatter.service");
});

test("a bare host is installed, and a second time nothing is changed", async () => {
  const answer = await install();
  expect(answer).toMatchObject({ exitCode: 0, next: "./scripts/runtime-up.sh" });
  expect(answer.release_id).toBe((await host.typed("git rev-parse HEAD")).trim());
  const state = await stateOf();
  expect(await install()).toMatchObject(done([]));
  expect(await stateOf()).toBe(state);
  // Whatever the umask of who installs.
  await host.typed("runuser -u oroboros-worker -- git --git-dir=/srv/oroboros/repo rev-parse main");
  expect((await host.typed("systemctl is-enabled ouroboros.target")).trim()).toBe("enabled");
  expect((await host.type("systemctl is-enabled caddy.service")).stdout.trim()).toBe("masked");
});

test("what is secret is root's alone, and systemd shows nothing of it", async () => {
  const files = await host.typed("stat --format '%U:%G %a' /etc/oroboros/*.env /var/lib/oroboros/installed.json");
  expect(new Set(files.trim().split("\n"))).toEqual(new Set(["root:root 600"]));
  const worker = await host.typed("cat /etc/oroboros/worker.env /etc/oroboros/api.env /etc/oroboros/cli.env");
  const secrets = [...worker.matchAll(/:([0-9a-f]{48})@|KEY="([0-9a-f]{64})"|TOKEN="(oro_[^"]+)"/g)].flatMap((match) =>
    match.slice(1).flatMap((secret: string | undefined) => secret ?? []),
  );
  expect(secrets).toHaveLength(5);
  const shown = await host.typed("systemctl show '*'; systemctl cat 'ouroboros*'; journalctl --no-pager --quiet");
  const readable = await host.type(
    `runuser -u nobody -- grep -rlsE '${secrets.join("|")}' /etc /srv/oroboros /var/lib/oroboros /var/log/oroboros /run`,
  );
  expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
  expect(readable.stdout).toBe("");
});

test("PostgreSQL lets the superuser in through the socket only, and each process with its own password", async () => {
  await host.typed("pg_isready -h 127.0.0.1 -U postgres -d builder_control");
  const psql = "psql -XAtq -v ON_ERROR_STOP=1 -c 'select current_user'";
  expect((await host.typed(`runuser -u postgres -- ${psql}`)).trim()).toBe("postgres");
  expect((await host.typed(`${psql} -U postgres -d postgres`)).trim()).toBe("postgres");
  expect((await host.type(`${psql} -h 127.0.0.1 -U postgres -d postgres`)).stderr).toContain("pg_hba.conf rejects");
  for (const name of ["api", "worker"]) {
    const login = `. /etc/oroboros/${name}.env && psql "$DATABASE_URL" -XAtqc 'select current_user'`;
    expect((await host.typed(login)).trim()).toBe(`oroboros_${name}`);
  }
  // What stood in Debian's file stands there still.
  expect(await host.typed("cat /etc/postgresql/15/main/pg_hba.conf")).toMatch(/local +all +all +peer\n/);
});

test("variables of the operator's own and the secrets are kept; one that the contract renders is not his to change", async () => {
  await host.typed("printf '# why\\nWORKER_RUN_TIMEOUT_SECONDS=1200\\n' >>/etc/oroboros/worker.env");
  const before = await host.typed("cat /etc/oroboros/worker.env");
  expect(await install()).toMatchObject(done([]));
  await host.typed(`sed -i 's/^WORKER_HEALTH_PORT=.*/WORKER_HEALTH_PORT="9999"/' /etc/oroboros/worker.env`);
  const answer = await install();
  expect(answer).toMatchObject(refused(5, "file_edited", "/etc/oroboros/worker.env", "--replace"));
  const lines = answer.error.message.split("\n").filter((line) => /^[+-][^+-]/.test(line));
  expect(lines).toEqual(['-WORKER_HEALTH_PORT="9999"', '+WORKER_HEALTH_PORT="8090"']);
  expect(await install("--replace")).toMatchObject(done(["replace /etc/oroboros/worker.env"]));
  expect(await host.typed("cat /etc/oroboros/worker.env")).toBe(before);
});

test("a unit that was changed by hand is shown and left, until it is to be replaced", async () => {
  const unit = "/etc/systemd/system/ouroboros-api.service";
  const before = await host.typed(`cat ${unit}`);
  await host.typed(`echo '# mine' >>${unit}`);
  const state = await stateOf();
  expect(await install()).toMatchObject(refused(5, "file_edited", `${unit}.\n--- ${unit}`, "--replace"));
  expect(await install("--dry-run")).toMatchObject(refused(5, "file_edited", "-# mine"));
  expect(await stateOf()).toBe(state);
  expect(await install("--replace")).toMatchObject(done([`replace ${unit}`, "let systemd read its units again"]));
  expect(await host.typed(`cat ${unit}`)).toBe(before);
});

test("a file with secrets that others can read, or that is somebody else's, is refused with the line that puts it right", async () => {
  const file = "/etc/oroboros/api.env";
  await host.typed(`chmod 644 ${file}`);
  const answer = await install();
  expect(answer).toMatchObject(refused(3, "unsafe_file", `${file} has mode 0644, not 0600`, `chmod 0600 ${file}`));
  await host.typed(`chmod 600 ${file} && chown oroboros ${file}`);
  expect(await install()).toMatchObject(refused(3, "unsafe_file", "not to root", `chown 0:0 ${file}`));
  expect(await install("--replace")).toMatchObject(done([`replace ${file}`]));
  expect((await host.typed(`stat --format '%U:%G %a' ${file}`)).trim()).toBe("root:root 600");
  await host.typed("chmod 644 /etc/oroboros/cli.env");
  expect(await install()).toMatchObject(refused(3, "unsafe_file", "/etc/oroboros/cli.env has mode 0644"));
  expect(await install("--replace")).toMatchObject(done(["make /etc/oroboros/cli.env root's alone"]));
  expect(await install()).toMatchObject(done([]));
});

test("more slots are one line: their users, databases and units come; and go again, but for what is theirs", async () => {
  const release = (await host.typed("readlink /srv/oroboros/current")).trim();
  const slots = (count: number): string =>
    `sed -i 's/slotCount: [0-9]*/slotCount: ${count}/' infra/contract.ts && ${RENDER} && git add -A && ${GIT} commit -qm slots`;
  await host.typed(slots(5));
  const grown = await install();
  expect(grown).toMatchObject({ exitCode: 0, next: "./scripts/runtime-up.sh" });
  // Those sessions take a server that has room for them.
  expect(grown.changed).toContain("started PostgreSQL again for max_connections");
  expect((await host.typed("readlink /srv/oroboros/current")).trim()).toBe(release);
  const main = await host.typed("git --git-dir=/srv/oroboros/repo rev-parse main");
  expect(release.endsWith(main.trim())).toBe(true);
  await host.typed("id oroboros-preview-5 && test -f /etc/oroboros/web-preview5.env");
  const databases =
    "psql -XAtq -U postgres -d postgres -c \"select count(*) from pg_database where datname like 'app_preview_%'\"";
  expect((await host.typed(databases)).trim()).toBe("5");
  expect(await install()).toMatchObject(done([]));
  await host.typed("systemctl start ouroboros-web@preview5.socket");
  await host.typed(slots(3));
  const shrunk = await install();
  expect(shrunk.changed).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^stop .*ouroboros-web@preview5\.socket/),
      "remove /etc/oroboros/web-preview5.env",
    ]),
  );
  expect((await host.type("systemctl is-active ouroboros-web@preview5.socket")).exitCode).not.toBe(0);
  expect((await host.type("ls -d /etc/systemd/system/*preview5*")).stdout).toBe("");
  expect(await install()).toMatchObject(done([]));
});

test("slots are provisioned by their script: what was lost is put back, and a second time nothing is done", async () => {
  await host.typed("rm /etc/oroboros/web-preview2.env && systemctl start ouroboros-web@main.service");
  const main = "/etc/systemd/system/ouroboros-web@.service";
  await host.typed(`echo '# mine' >>${main}`);
  expect(await install("--replace")).toMatchObject({ to_restart: ["ouroboros-web@main.service"] });
  await host.typed("rm /etc/oroboros/web-preview2.env");
  const plan = await host.typedJson("./scripts/preview-slots-provision.sh --dry-run");
  expect(plan).toMatchObject({
    dry_run: true,
    changed: [],
    plan: expect.arrayContaining(["write /etc/oroboros/web-preview2.env"]),
  });
  await host.typed("./scripts/preview-slots-provision.sh");
  await host.typed("curl -fsS http://127.0.0.1:3102/health");
  expect(await host.typedJson("./scripts/preview-slots-provision.sh")).toMatchObject({ changed: [] });
  expect(await host.typedJson("./scripts/runtime-down.sh")).toMatchObject({
    stopped: expect.arrayContaining(["ouroboros-web@preview2.socket"]),
  });
  expect(await host.typedJson("./scripts/runtime-down.sh")).toMatchObject({ stopped: [] });
  expect((await host.typed("systemctl is-active postgresql@15-main redis-server")).trim()).toBe("active\nactive");
});

test("a host is not started beside a foreign process, which is named", async () => {
  await host.typed("systemd-run --quiet --unit=squatter python3 -m http.server 8090 --bind 127.0.0.1");
  await host.typed("until curl -fsS -o /dev/null http://127.0.0.1:8090/; do :; done");
  const { exitCode, stdout } = await host.type("./scripts/runtime-up.sh");
  expect({ ...(JSON.parse(stdout) as Answer), exitCode }).toMatchObject(
    refused(5, "port_taken", "8090 (ouroboros-worker.service) by", "systemctl disable --now squatter.service"),
  );
  await host.typed("systemctl stop squatter.service");
  expect((await host.type("systemctl is-active ouroboros.target")).exitCode).not.toBe(0);
});

test("what runs with old files is told by each installation, and given the new ones when the host is started, as is what was stopped", async () => {
  const up = (): Promise<Record<string, unknown>> => host.typedJson("./scripts/runtime-up.sh");
  const pids = async (): Promise<string[]> =>
    (await host.typed("systemctl show --value --property=MainPID ouroboros-api ouroboros-caddy")).trim().split(/\n+/);
  expect(await up()).toMatchObject({ started: true, restarted: [] });
  const [api, caddy] = await pids();
  await host.typed("touch /etc/oroboros/api.env /etc/oroboros/Caddyfile");
  const stale = ["ouroboros-api.service", "ouroboros-caddy.service"];
  const told = { changed: [], to_restart: stale, next: "./scripts/runtime-up.sh" };
  expect(await install()).toMatchObject(told);
  expect(await install()).toMatchObject(told);
  expect(await up()).toMatchObject({ started: false, restarted: stale });
  const [apiNow, caddyNow] = await pids();
  expect([apiNow === api, caddyNow === caddy]).toEqual([false, true]);
  await host.typed("systemctl stop ouroboros-prune.timer");
  expect(await up()).toMatchObject({ started: true, restarted: [] });
  expect((await host.typed("systemctl is-active ouroboros-prune.timer")).trim()).toBe("active");
  expect(await up()).toMatchObject({ started: false, restarted: [] });
});
