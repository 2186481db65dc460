import { slotIds } from "@oroboros/slot-contract";
import {
  API_USER,
  APP_USER,
  BUILD_USER,
  CADDY_USER,
  PACKAGES_USER,
  slotUser,
  WEB_USER,
  WORKER_USER,
} from "@oroboros/slot-contract/host";
import { eventually, reportMatrix } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootHost, type Host } from "./boot-host.ts";
import { connectToOthers, METADATA, PRIVATE, PUBLIC, reachable, SERVED, serve } from "./populate.ts";

const SERVED_PORTS = Object.values(SERVED).flat();
const OUTSIDE = [PUBLIC, PRIVATE, METADATA].map((address) => `${address}:80`);
const SLOT_1 = "oroboros-preview-1";

/** Where each user may connect to on loopback, and outside; whoever is missing may everything. */
const MAY: Readonly<Record<string, { readonly ports: readonly number[]; readonly outside: readonly string[] }>> = {
  [SLOT_1]: { ports: [5432, 8101], outside: [PUBLIC] },
  "oroboros-preview-2": { ports: [5432, 8102], outside: [PUBLIC] },
  "oroboros-preview-3": { ports: [5432], outside: [PUBLIC] },
  [PACKAGES_USER]: { ports: [], outside: [PUBLIC] },
  [BUILD_USER]: { ports: [], outside: [PUBLIC] },
  [WEB_USER]: { ports: [8000, 8101, 8102], outside: [] },
  [CADDY_USER]: { ports: [8000, 8090, 3100, 3101, 3102], outside: [] },
  [APP_USER]: { ports: [5432, 8200], outside: [PUBLIC, PRIVATE, METADATA] },
};
// Of the machine, and none of ours.
const OTHER_USER = "games";
const UNCONFINED = ["root", API_USER, WORKER_USER, OTHER_USER];

let host: Host;
beforeAll(async () => {
  host = await bootHost({ apps: { "web-surface": "listen" } });
  await serve(host, SERVED);
  await connectToOthers(host);
  await host.box.systemctl("start", "ouroboros-nftables.service");
});
afterAll(() => host.box.stop());

test("every user reaches exactly what it may", async () => {
  const { cases, wrong } = await wrongConnections();
  reportMatrix({ matrix: "who may connect where", cases, violations: wrong.length });
  expect(wrong).toEqual([]);
});

test("no other address of loopback leads a slot to what it may not reach", async () => {
  const hosts = ["127.0.0.2", "127.255.255.254", "0.0.0.0", "192.0.2.1"];
  const places = hosts.flatMap((address) => SERVED_PORTS.map((port) => `${address}:${port}`));
  const reached = Object.entries(await reachable(host, SLOT_1, places)).filter(
    ([place, said]) => said === "hello" && !isOwnOfAnyAddress(place),
  );
  reportMatrix({ matrix: "other addresses of the host", cases: places.length, violations: reached.length });
  expect(reached).toEqual([]);
});

test.each([SLOT_1, OTHER_USER, WEB_USER])(
  "what %s puts on a port of another's is answered by nobody",
  async (squatter) => {
    const ports = [8103, ...(squatter === WEB_USER ? [] : [3103])];
    const places = ports.map((port) => `127.0.0.1:${port}`);
    const squatting = await serve(host, { [squatter]: ports });
    for (const client of ["root", WORKER_USER]) {
      expect(Object.values(await reachable(host, client, places))).toEqual(ports.map(() => "silence"));
    }
    squatting.get(squatter)?.kill();
    // The next one squats on the same ports.
    const listening = ["ss", "--no-header", "--listening", "--tcp", "--numeric", `( sport = :8103 or sport = :3103 )`];
    await eventually(async () => (await host.box.must(listening)) === "", { deadlineMs: 60_000 });
  },
);

test("a socket that systemd listens on answers whoever may ask", async () => {
  await host.box.systemctl("start", "ouroboros-web@preview3.socket");
  expect(await reachable(host, CADDY_USER, ["127.0.0.1:3103"])).toEqual({ "127.0.0.1:3103": "hello" });
  expect(await reachable(host, SLOT_1, ["127.0.0.1:3103"])).not.toEqual({ "127.0.0.1:3103": "hello" });
});

test("Debian's own firewall does not take the rules away for long when it reloads, restarts or starts", async () => {
  const rules = () => host.box.must(["nft", "list", "table", "inet", "oroboros"]).then(withoutCounts);
  await host.box.systemctl("start", "nftables.service");
  await host.box.systemctl("restart", "ouroboros-nftables.service");
  const before = await rules();
  for (const verb of ["reload", "restart"]) {
    await host.box.systemctl(verb, "nftables.service");
    // Its job takes ours along, and waits for its own end only.
    await eventually(async () => (await rules()) === before, { deadlineMs: 60_000 });
  }
  await host.box.systemctl("stop", "nftables.service");
  await host.box.systemctl("start", "ouroboros-nftables.service");
  await host.box.systemctl("start", "nftables.service");
  expect(await rules()).toBe(before);
});

test("without the rules the matrix has violations", async () => {
  await host.box.systemctl("stop", "ouroboros-nftables.service");
  const { wrong } = await wrongConnections();
  await host.box.systemctl("start", "ouroboros-nftables.service");
  expect(wrong.length).toBeGreaterThan(20);
  expect(wrong).toContain(`${SLOT_1} -> 127.0.0.1:8000: hello`);
});

async function wrongConnections(): Promise<{ cases: number; wrong: string[] }> {
  const places = [...SERVED_PORTS.map((port) => `127.0.0.1:${port}`), ...OUTSIDE];
  expect(
    slotIds(host.contract)
      .map(slotUser)
      .every((user) => user in MAY),
  ).toBe(true);
  const users = [...Object.keys(MAY), ...UNCONFINED];
  const found = await Promise.all(users.map(async (user) => wrongOf(user, await reachable(host, user, places))));
  return { cases: users.length * places.length, wrong: found.flat() };
}

function wrongOf(user: string, reached: Record<string, string>): string[] {
  const may = MAY[user];
  return Object.entries(reached).flatMap(([place, said]) => {
    const [address = "", port] = place.split(":");
    const isAllowed =
      may === undefined || (address === "127.0.0.1" ? may.ports.includes(Number(port)) : may.outside.includes(address));
    return isAllowed === (said === "hello") ? [] : [`${user} -> ${place}: ${said}`];
  });
}

/** 0.0.0.0 is 127.0.0.1 to whoever connects to it. */
const isOwnOfAnyAddress = (place: string): boolean => ["0.0.0.0:5432", "0.0.0.0:8101"].includes(place);

const withoutCounts = (ruleset: string): string => ruleset.replace(/packets \d+ bytes \d+/g, "");
