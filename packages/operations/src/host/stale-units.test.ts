import { defineContract } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { staleUnits, type StaleUnit } from "./stale-units.ts";

const contract = defineContract();
const [STARTED, READ] = [1000, 2000];
const running = [
  "api",
  "caddy",
  "nftables",
  "preview-backend@preview1",
  "preview-backend@preview2",
  "web@preview1",
].map((name) => ({ unit: `ouroboros-${name}.service`, startedAt: STARTED, readAt: READ }));
const after = (path: string, at: number): StaleUnit[] =>
  staleUnits(contract, running, (asked) => (asked === path ? at : asked.startsWith("/etc/systemd") ? 1 : undefined));
const restarted = (path: string, at = STARTED + 1): string[] =>
  after(path, at).map(({ unit, verb }) => `${verb} ${unit}`);
const UNITS = "/etc/systemd/system";

test("a service is stale while its file, its template, its drop-ins or its env file is newer than its start", () => {
  expect(restarted(`${UNITS}/ouroboros-api.service`)).toEqual(["restart ouroboros-api.service"]);
  expect(restarted("/etc/oroboros/api.env")).toEqual(["restart ouroboros-api.service"]);
  expect(restarted("/etc/oroboros/web-preview1.env")).toEqual(["restart ouroboros-web@preview1.service"]);
  expect(restarted(`${UNITS}/ouroboros-preview-backend@.service`)).toHaveLength(2);
  const dropIns = `${UNITS}/ouroboros-preview-backend@preview2.service.d`;
  expect(restarted(dropIns)).toEqual(["restart ouroboros-preview-backend@preview2.service"]);
});

test("one that was started since its files were written is not, and nor is one whose files are another's", () => {
  expect(restarted(`${UNITS}/ouroboros-api.service`, STARTED)).toEqual([]);
  expect(restarted("/etc/oroboros/worker.env")).toEqual([]);
});

test("what only the proxy or the firewall reads is read anew, once", () => {
  expect(restarted("/etc/oroboros/Caddyfile", READ + 1)).toEqual(["reload ouroboros-caddy.service"]);
  expect(restarted("/etc/oroboros/Caddyfile", READ)).toEqual([]);
  expect(restarted(`${UNITS}/ouroboros-caddy.service`)).toEqual(["restart ouroboros-caddy.service"]);
  expect(restarted("/etc/oroboros/nftables.conf", READ + 1)).toEqual(["reload ouroboros-nftables.service"]);
  expect(restarted(`${UNITS}/ouroboros-nftables.service`, READ + 1)).toEqual(["reload ouroboros-nftables.service"]);
  expect(restarted("/etc/oroboros/nftables.conf", READ)).toEqual([]);
});
