import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandsOf, openMachine, startRuntime, tinyApp, type Runtime } from "@oroboros/test-runtime";
import {
  apiPort,
  controlUid,
  currentPath,
  defineContract,
  etcPath,
  loopbackUrl,
  parseEnvFile,
  slotIds,
  slotUid,
  surfaceUid,
} from "@oroboros/slot-contract";
import { releaseNode } from "@oroboros/slot-contract/host";
import { eventually, freePort, queryRows, reportMatrix, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLOSES_AT_ONCE, curlAs, runAs } from "./requests-as.ts";

const PORT_OFFSET = await takePortOffset();
const isRoot = process.getuid?.() === 0;
const CADDY = (process.env["PATH"] ?? "")
  .split(":")
  .map((folder) => `${folder}/caddy`)
  .find((path) => existsSync(path));
const NOT_ENFORCED = [
  ...(isRoot ? [] : ["users of their own: this is not root"]),
  ...(CADDY === undefined
    ? ["Caddy itself: it is not installed, a proxy that adds the same headers stood for it"]
    : []),
];
const A_RUN = ["--header", "content-type: application/json", "--data", '{"title":"typed on the host"}'];
/** In the bucket of a peer that has failed too often the refusal is another one. */
const REFUSED = [401, 429];

let runtime: Runtime;
let url: string;
let scratch: string;
const contract = defineContract({ portOffset: PORT_OFFSET });
const tried: { what: string; isKept: boolean }[] = [];
const started: ChildProcess[] = [];

/** Notes whether a promise was kept, for the matrix and for the test. */
function note(what: string, isKept: boolean): void {
  tried.push({ what, isKept });
  expect(isKept, what).toBe(true);
}

async function refuses(what: string, uid: number, ...args: string[]): Promise<void> {
  const status = await curlAs(uid, `${url}/api/runs`, ...args);
  note(`${what} is refused (${status})`, REFUSED.includes(status));
}

async function passes(what: string, uid: number): Promise<void> {
  const status = await curlAs(uid, `${url}/api/slots`);
  note(`${what} passes (${status})`, status === 200);
}

const environmentOf = (service: string): Record<string, string> =>
  parseEnvFile(readFileSync(`${etcPath({ root: runtime.root })}/${service}.env`, "utf8"));
const stored = (text: string): Promise<unknown[][]> => queryRows(environmentOf("api")["DATABASE_URL"] ?? "", text);

afterAll(() => {
  const violations = tried.filter(({ isKept }) => !isKept).length;
  reportMatrix({ matrix: "identity", cases: tried.length, violations, not_enforced: NOT_ENFORCED });
});

describe.runIf(isRoot)("who passes without a token", () => {
  beforeAll(async () => {
    runtime = await startRuntime({ portOffset: PORT_OFFSET, main: tinyApp() });
    url = runtime.apiUrl;
    scratch = mkdtempSync(join(tmpdir(), "oroboros-identity-"));
  });
  afterAll(async () => {
    for (const child of started) child.kill("SIGKILL");
    rmSync(scratch, { recursive: true, force: true });
    await runtime?.stop();
  });

  test("root's bare curl passes, as an operator, and the audit says so", async () => {
    await passes("root's bare curl", 0);
    note("root's bare POST passes", (await curlAs(0, `${url}/api/runs`, ...A_RUN)) === 201);
    const [rows] = await stored("select distinct principal from audit_log where principal like 'loopback:%'");
    note("its audit row names the uid", JSON.stringify(rows) === '[{"principal":"loopback:uid=0"}]');
  });

  test("every user of the installation's own and any other is refused, and changes nothing", async () => {
    const users: [string, number][] = [
      ...slotIds(contract).map((slot): [string, number] => [`the user of ${slot}`, slotUid(contract, slot)]),
      ["the surfaces' user", surfaceUid(contract)],
      ["the api's and worker's own user", controlUid(contract)],
      ["nobody", 65_534],
      ["some other user", 12_345],
    ];
    const changes =
      "select (select count(*) from runs), (select count(*) from audit_log where principal like 'loopback:%')";
    const before = await stored(changes);
    for (const [who, uid] of users) {
      await refuses(who, uid);
      await refuses(`a change by ${who}`, uid, ...A_RUN);
    }
    const namespaced = (await runAs(12_345, "unshare", "--user", "--map-root-user", "id", "-u")).stdout.trim() === "0";
    if (namespaced) {
      const argv = ["--user", "--map-root-user", "curl", "-so", "/dev/null", "-w", "%{http_code}", `${url}/api/slots`];
      const status = Number((await runAs(12_345, "unshare", ...argv)).stdout);
      note("who is root only in a namespace of his own is refused", REFUSED.includes(status));
    }
    note("nothing was changed", JSON.stringify(await stored(changes)) === JSON.stringify(before));
  });

  test.each([
    "Origin: http://127.0.0.1:8000",
    "Sec-Fetch-Site: same-origin",
    "Forwarded: for=127.0.0.1",
    "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-Proto: https",
    "Via: 1.1 caddy",
    "Authorization: Bearer",
  ])("root is refused with %s", async (header) => {
    await refuses(`root with ${header}`, 0, "--header", header);
  });

  test.each([
    ["root", 0],
    ["the user of preview-1", slotUid(contract, slotIds(contract)[0] ?? ("preview-1" as never))],
  ])("a request of %s whose socket is closed at once changes nothing", async (who, uid) => {
    const before = await stored("select count(*) from runs");
    const node = releaseNode({ root: runtime.root });
    const port = String(apiPort(contract));
    const api = commandsOf(controlUid(contract)).find(({ command }) => command.includes("/api.js"));
    if (api === undefined) throw new Error("the api does not run");
    // Stopped meanwhile, so that it finds each of them closed; the kernel takes the connections.
    process.kill(api.pid, "SIGSTOP");
    try {
      await runAs(uid, node, "--eval", `(async () => {${CLOSES_AT_ONCE}})()`, port, "200");
    } finally {
      process.kill(api.pid, "SIGCONT");
    }
    // Answered after all of them: the api takes requests in the order of their connections.
    await passes("root's curl after it", 0);
    const isUnchanged = JSON.stringify(await stored("select count(*) from runs")) === JSON.stringify(before);
    note(`a request of ${who} whose socket is closed at once is refused`, isUnchanged);
  });

  test("through a surface root is refused, even through one of root's own that has the api for its upstream", async () => {
    const surface = Number(new URL(url).port) - 8_000 + 3_103;
    // The runtime is up before each of its slots is restored.
    let through = 0;
    const isThrough = async (): Promise<boolean> => {
      through = await curlAs(0, `${loopbackUrl(surface)}/api/runs`);
      return through > 0 && through < 500;
    };
    await eventually(isThrough, { deadlineMs: 60_000 });
    note(`the surface of an idle slot leads to that slot's backend, which has no runs (${through})`, through === 404);
    // The contract in which the api's port is a slot's backend: the release's own surface then has the api for its upstream.
    const offset = PORT_OFFSET - 101;
    const misled = start([`${currentPath({ root: runtime.root })}/apps/web-surface.js`], {
      ...environmentOf("web-preview1"),
      OROBOROS_PORT_OFFSET: String(offset),
      WEB_PORT: String(3_101 + offset),
      WEB_API_PROXY_TARGET: url,
    });
    await answers(`${loopbackUrl(3_101 + offset)}/health`);
    const health = await curlAs(0, `${loopbackUrl(3_101 + offset)}/api/health`);
    const status = await curlAs(0, `${loopbackUrl(3_101 + offset)}/api/slots`);
    note(
      `a surface whose upstream is the api is refused (${health}, ${status})`,
      health === 200 && REFUSED.includes(status),
    );
    misled.kill("SIGKILL");
  });

  test("through a reverse proxy root is refused", async () => {
    const port = CADDY === undefined ? await forwardingProxy() : await caddy(CADDY);
    const [health, status] = [
      await curlAs(0, `${loopbackUrl(port)}/api/health`),
      await curlAs(0, `${loopbackUrl(port)}/api/slots`),
    ];
    note(
      `a request through ${CADDY ?? "a proxy"} is refused (${health}, ${status})`,
      health === 200 && REFUSED.includes(status),
    );
  });

  test("members of oroboros-operators pass by either kind of membership, and only as long as they are", async () => {
    await openMachine(runtime, PORT_OFFSET).stopService("api");
    const operators = (members: string) => `root:x:0:\noroboros-operators:x:7001:${members}\nothers:x:7002:carol\n`;
    const [passwd, group] = [join(scratch, "passwd"), join(scratch, "group")];
    writeFileSync(passwd, "root:x:0:0::/:\nalice:x:7101:7002::/:\nbob:x:7102:7001::/:\ncarol:x:7103:7002::/:\n");
    writeFileSync(group, operators("alice,nobodyelse"));
    const api = startApi(`mount --bind ${passwd} /etc/passwd && mount --bind ${group} /etc/group`);
    await answers(`${url}/health`);
    await passes("a member by the list", 7_101);
    await passes("a member by his primary group", 7_102);
    await passes("root", 0);
    await refuses("a member of another group", 7_103);
    await refuses("who has a member's uid in his name only", 71_011);
    writeFileSync(group, operators(""));
    await refuses("who is a member no longer", 7_101);
    writeFileSync(group, "root:x:0:\n");
    await refuses("the group's primary members once there is no group", 7_102);
    api.kill("SIGKILL");
    await once(api, "close");
  });

  test("where it is off, root needs a token too", async () => {
    const api = startApi("true", { OROBOROS_LOOPBACK_IDENTITY: "off" });
    await answers(`${url}/health`);
    await refuses("root where it is off", 0);
    api.kill("SIGKILL");
    await once(api, "close");
  });
});

function start(argv: string[], env: Record<string, string>): ChildProcess {
  const node = releaseNode({ root: runtime.root });
  const child = spawn(node, argv, { env: { PATH: "/usr/bin:/bin", ...env }, stdio: "ignore" });
  started.push(child);
  return child;
}

/** The release's api under its own user, behind what is done first in a mount namespace of its own. */
function startApi(first: string, variables: Record<string, string> = {}): ChildProcess {
  const uid = controlUid(contract);
  const node = `${releaseNode({ root: runtime.root })} ${currentPath({ root: runtime.root })}/apps/api.js`;
  const script = `${first} && exec setpriv --reuid ${uid} --regid ${uid} --clear-groups ${node}`;
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...environmentOf("api"), ...variables };
  const child = spawn("unshare", ["--mount", "sh", "-c", script], { env, stdio: "ignore" });
  started.push(child);
  return child;
}

const answers = (address: string): Promise<unknown> =>
  eventually(async () => (await fetch(address)).ok, { deadlineMs: 60_000 });

async function caddy(program: string): Promise<number> {
  const port = await freePort();
  const file = join(scratch, "Caddyfile");
  const upstream = `reverse_proxy ${new URL(url).host} {\n\t\theader_up Host {upstream_hostport}\n\t}`;
  // Without https it makes no certificates, and installs none in this machine.
  writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n}\nhttp://127.0.0.1:${port} {\n\t${upstream}\n}\n`);
  const argv = ["run", "--adapter", "caddyfile", "--config", file];
  started.push(spawn(program, argv, { env: { HOME: scratch, PATH: "/usr/bin:/bin" }, stdio: "ignore" }));
  await answers(`${loopbackUrl(port)}/api/health`);
  return port;
}

/** What a reverse proxy does, as root: it sends the request on, with the api's Host, and says for whom. */
async function forwardingProxy(): Promise<number> {
  const proxy = createServer((incoming, outgoing) => {
    const headers = { host: new URL(url).host, "x-forwarded-for": "127.0.0.1", via: "1.1 proxy" };
    request(`${url}${incoming.url}`, { headers }, (answer) =>
      answer.pipe(outgoing.writeHead(answer.statusCode ?? 0)),
    ).end();
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  proxy.unref();
  return (proxy.address() as AddressInfo).port;
}
