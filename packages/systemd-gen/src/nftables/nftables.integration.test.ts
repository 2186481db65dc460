import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineContract, type RuntimeContractInput } from "@oroboros/slot-contract";
import { canMount, withTempDir } from "@oroboros/test-support";
import { beforeAll, describe, expect, test } from "vitest";
import { renderSysusers } from "../sysusers/sysusers.ts";
import { renderNftables } from "./nftables.ts";

const PROGRAM = join(import.meta.dirname, "../testing/firewalled-world.ts");

const on = (address: string, port: number, udp = false) => ({ address, port, udp });
const LOOPBACK = {
  api: on("127.0.0.1", 8000),
  worker: on("127.0.0.1", 8090),
  caddy: on("127.0.0.1", 8088),
  "web-main": on("127.0.0.1", 3100),
  "web-preview1": on("127.0.0.1", 3101),
  "web-preview2": on("127.0.0.1", 3102),
  backend1: on("127.0.0.1", 8101),
  backend2: on("127.0.0.1", 8102),
  app: on("127.0.0.1", 8200),
  postgres: on("127.0.0.1", 5432),
  redis: on("127.0.0.1", 6379),
  "some other port": on("127.0.0.1", 2019),
  "own backend by another address": on("127.0.0.2", 8101),
  "own backend by IPv6": on("::1", 8101),
  "own public address": on("198.51.100.1", 2019),
  "resolver here": on("127.0.0.53", 53),
  "resolver here (UDP)": on("127.0.0.53", 53, true),
  "some UDP port": on("127.0.0.1", 2019, true),
};
const OUTSIDE = {
  public: on("203.0.113.9", 443),
  "public (UDP)": on("203.0.113.9", 443, true),
  "public by IPv6": on("2001:db8::9", 443),
  office: on("10.9.9.9", 443),
  "office (UDP)": on("10.9.9.9", 443, true),
  "the contract's network": on("10.77.0.9", 443),
  "carrier's network": on("100.64.0.9", 443),
  metadata: on("169.254.169.254", 443),
  "metadata by IPv6": on("fd00:ec2::254", 443),
  "metadata behind a translator": on("64:ff9b::a9fe:a9fe", 443),
  "resolver in the office": on("10.9.9.9", 53),
  "resolver in the office (UDP)": on("10.9.9.9", 53, true),
  "resolver of a cloud (UDP)": on("169.254.169.254", 53, true),
};
const targets = { ...LOOPBACK, ...OUTSIDE };
type Name = keyof typeof targets;
const everything = Object.keys(targets) as Name[];
const outsideAll = Object.keys(OUTSIDE) as Name[];

const resolving: Name[] = ["resolver here", "resolver here (UDP)"];
const installs: Name[] = [
  ...resolving,
  "public",
  "public (UDP)",
  "public by IPv6",
  "the contract's network",
  "resolver in the office",
  "resolver in the office (UDP)",
  "resolver of a cloud (UDP)",
];
const MAY_REACH: Record<string, readonly Name[]> = {
  root: everything,
  oroboros: everything,
  "oroboros-worker": everything,
  "oroboros-web": ["api", "backend1", "backend2"],
  caddy: ["api", "worker", "web-main", "web-preview1", "web-preview2"],
  "oroboros-packages": installs,
  "oroboros-build": installs,
  "oroboros-app": ["postgres", "app", ...resolving, ...outsideAll],
  "oroboros-preview-1": ["backend1", "postgres", ...installs],
  "oroboros-preview-2": ["backend2", "postgres", ...installs],
};

interface Lived {
  reached: Record<string, Record<Name, string>>;
  heard: Record<string, string>;
  served: Record<string, boolean>;
}

const SQUATS = [
  { user: "oroboros-preview-3", port: 8103, heard: "open" },
  { user: "oroboros-web", port: 3103, heard: "open" },
  { user: "root", port: 3103, heard: "open" },
  { user: "oroboros-preview-2", port: 8103, heard: "silent" },
  { user: "oroboros-preview-2", port: 3103, heard: "silent" },
  { user: "oroboros-app", port: 8103, heard: "silent" },
  { user: "oroboros", port: 8103, heard: "silent" },
];

const UNHEARD = SQUATS.filter(({ heard }) => heard === "silent").map(({ user, port }) => `${user} on ${port}`);
const NOBODY = { heard: [], served: [] };

/** Whether another machine is answered. */
const SERVES: Record<string, boolean> = {
  root: true,
  oroboros: true,
  "oroboros-worker": true,
  "oroboros-app": true,
  "oroboros-web": false,
  caddy: false,
  "oroboros-packages": false,
  "oroboros-build": false,
  "oroboros-preview-1": false,
  "oroboros-preview-2": false,
};

const contract = { slotCount: 3, slotNetworks: ["10.77.0.0/16"] } satisfies RuntimeContractInput;

describe.skipIf(!canMount)("with the firewall", () => {
  let lived: Lived;
  beforeAll(async () => {
    lived = await live(contract);
  });

  test.each(Object.entries(MAY_REACH))(
    "%s reaches exactly what it may, and is refused the rest at once",
    (user, may) => {
      const expected = everything.map((name) => [name, may.includes(name) ? "open" : "refused"]);
      expect(lived.reached[user]).toEqual(Object.fromEntries(expected));
    },
  );

  test.each(SQUATS)("$user, which answers on $port, is heard as $heard", ({ user, port, heard }) => {
    expect(lived.heard[`${user} on ${port}`]).toBe(heard);
  });

  test("no slot, build or surface serves another machine", () => {
    expect(lived.served).toEqual(SERVES);
  });

  test("no network of the contract opens what no slot may ever reach", async () => {
    const { reached } = await live({ ...contract, slotNetworks: ["169.0.0.0/8", "10.0.0.0/8", "100.0.0.0/8"] });
    expect(reached["oroboros-preview-1"]).toMatchObject({
      office: "open",
      "carrier's network": "open",
      metadata: "refused",
      redis: "refused",
    });
  });

  test("public hosts let Caddy out to its certificates' authority, and visitors in", async () => {
    const { reached, served } = await live(
      { ...contract, publicTls: { email: "operator@example.com" } },
      { serves: { ...SERVES, caddy: true } },
    );
    expect(reached["caddy"]).toMatchObject({
      public: "open",
      "resolver here (UDP)": "open",
      redis: "refused",
      postgres: "refused",
    });
    expect(served["caddy"]).toBe(true);
  });

  test.each([1, 3, 10, 50])("the rules of %i slots load, and load again", async (slotCount) => {
    await withHost({ slotCount, slotNetworks: ["10.0.0.0/9", "10.77.0.0/16"] }, (rules, run) => {
      const load =
        'nft -c -f "$1" && nft -f "$1" && nft -f "$1" && nft list table inet oroboros | grep -c "jump to_public"';
      expect(run(["sh", "-c", load, "sh", rules]).trim()).not.toBe("");
      return Promise.resolve();
    });
  });
});

test.skipIf(!canMount)("without the firewall everybody reaches everything, is heard and serves", async () => {
  const { reached, heard, served } = await live(contract, { firewall: false });
  for (const user of Object.keys(MAY_REACH))
    expect({ user, not: everything.filter((name) => reached[user]?.[name] !== "open") }).toEqual({ user, not: [] });
  expect(new Set(Object.values(heard))).toEqual(new Set(["open"]));
  expect(new Set(Object.values(served))).toEqual(new Set([true]));
});

async function live(input: RuntimeContractInput, { firewall = true, serves = SERVES } = {}): Promise<Lived> {
  let lived = "";
  await withHost(input, (rules, run) => {
    const request = {
      rules: firewall ? rules : null,
      users: Object.keys(MAY_REACH),
      loopbackPorts: [...new Set(Object.values(LOOPBACK).map(({ port }) => port))],
      outside: [...new Set(Object.values(OUTSIDE).map(({ address }) => address))],
      outsidePorts: [443, 53],
      targets,
      squats: SQUATS,
      silent: firewall ? { heard: UNHEARD, served: Object.keys(serves).filter((user) => !serves[user]) } : NOBODY,
    };
    lived = run([process.execPath, PROGRAM, JSON.stringify(request)]);
    return Promise.resolve();
  });
  return JSON.parse(lived) as Lived;
}

/** A network without any other machine, where the contract's users exist. */
function withHost(
  input: RuntimeContractInput,
  use: (rules: string, run: (argv: readonly string[]) => string) => Promise<void>,
): Promise<void> {
  const contract = defineContract(input);
  return withTempDir(async (directory) => {
    const rules = join(directory, "nftables.conf");
    writeFileSync(rules, renderNftables(contract).text);
    writeFileSync(join(directory, "sysusers.conf"), renderSysusers(contract).text);
    execFileSync("mkdir", ["-p", join(directory, "etc")]);
    // Debian's packages make theirs.
    const debians = ["caddy", "postgres", "redis"].map((name, index) => [name, `${name}:x:${900 + index}:`] as const);
    for (const file of ["passwd", "group"]) {
      const end = file === "passwd" ? "900::/:/usr/sbin/nologin\n" : "\n";
      const others = readFileSync(`/etc/${file}`, "utf8")
        .split("\n")
        .filter((line) => !/^(caddy|postgres|redis|oroboros.*):/.test(line));
      writeFileSync(join(directory, "etc", file), others.join("\n") + debians.map(([, entry]) => entry + end).join(""));
    }
    execFileSync("systemd-sysusers", [`--root=${directory}`, join(directory, "sysusers.conf")], { stdio: "ignore" });
    const inside = 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group && shift && exec "$@"';
    const run = (argv: readonly string[]): string =>
      execFileSync("unshare", ["--mount", "--net", "sh", "-c", inside, "sh", join(directory, "etc"), ...argv], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      });
    await use(rules, run);
  });
}
