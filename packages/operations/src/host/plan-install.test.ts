import { defineContract, type CommitSha } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import type { JudgedText, TextVerdict } from "./files/host-text.ts";
import type { HostFacts } from "./host-facts.ts";
import { describeStep, isLooking } from "./install-step.ts";
import { planInstall } from "./plan-install.ts";
import { refuseEdited } from "./refuse-edited.ts";

const contract = defineContract();
const head = "a".repeat(40) as CommitSha;
const older = "b".repeat(40);
const UNIT = "/etc/systemd/system/ouroboros-api.service";

const installed: HostFacts = {
  head,
  current: head,
  texts: [],
  differences: {},
  isInstalled: true,
  isComplete: true,
  missingAccounts: [],
  wrongDirectories: [],
  unsafeTokens: undefined,
  hasMain: true,
  units: { toMask: [], toEnable: [], readers: {} },
};
const plan = (facts: Partial<HostFacts>) => planInstall(contract, { ...installed, ...facts });
const verbs = (facts: Partial<HostFacts>): string[] => plan(facts).map((step) => step.do);
const text = (path: string, verdict: TextVerdict, isWanted = true): JudgedText => ({
  path,
  wanted: isWanted ? { kind: "file", path, text: "new\n", mode: 0o644, owner: { uid: 0, gid: 0 } } : undefined,
  access: { kind: "file", uid: 0, gid: 0, mode: 0o644 },
  verdict,
});
const write: TextVerdict = { kind: "write", why: "new", whole: "new\n" };
const same: TextVerdict = { kind: "same" };

test("on a host that is so already only what finds out by itself is done", () => {
  expect(plan({ texts: [text(UNIT, same)] }).every(isLooking)).toBe(true);
});

test("a bare host gets users before directories, files before systemd reads them, the release before the databases", () => {
  const steps = plan({
    current: null,
    isInstalled: false,
    isComplete: false,
    hasMain: false,
    texts: [
      text(UNIT, write),
      text("/etc/sysusers.d/oroboros.conf", write),
      text("/etc/tmpfiles.d/oroboros.conf", write),
    ],
    missingAccounts: ["oroboros"],
    wrongDirectories: ["/srv/oroboros"],
    units: { toMask: ["caddy.service"], toEnable: ["ouroboros.target"], readers: {} },
  });
  expect(steps.map(({ do: verb }) => verb)).toEqual([
    ...["write", "write", "accounts", "directories", "write", "mask", "reload_manager"],
    ...["release", "repository", "postgres", "database", "redis", "tokens", "enable"],
  ]);
  expect(steps.map(describeStep).every((line) => line.length > 0)).toBe(true);
});

test("a release that is there stays the current one, and its tables are not another commit's to change", () => {
  expect(verbs({ current: older })).not.toContain("release");
  expect(plan({ current: older })).toContainEqual({ do: "database", migrates: false });
  expect(plan({})).toContainEqual({ do: "database", migrates: true });
});

test("a first installation that was killed goes on with the commit that the clone has now", () => {
  expect(plan({ current: older, isInstalled: false, isComplete: false })).toContainEqual({
    do: "release",
    commit: head,
  });
});

test("after an installation that was killed everybody reads his files again, though they are as they should be", () => {
  const texts = [
    UNIT,
    "/etc/sysctl.d/60-oroboros.conf",
    "/etc/postgresql/15/main/pg_hba.conf",
    "/etc/oroboros/nftables.conf",
  ];
  const readers = { "/etc/oroboros/nftables.conf": "ouroboros-nftables.service" };
  const facts = { texts: texts.map((path) => text(path, same)), units: { ...installed.units, readers } };
  expect(verbs(facts)).toEqual(["postgres", "database", "redis", "tokens"]);
  expect(verbs({ ...facts, isComplete: false })).toEqual([
    ...["kernel", "reload_manager", "postgres", "database", "redis", "tokens", "reload"],
  ]);
  expect(plan({ ...facts, isComplete: false })).toContainEqual({ do: "postgres", isChanged: true });
});

test("units of a slot that is no more are stopped before their files go", () => {
  const socket = "/etc/systemd/system/ouroboros-web@preview4.socket";
  const steps = plan({ texts: [text(socket, { kind: "remove" }, false)] });
  expect(steps.slice(0, 3)).toEqual([
    { do: "stop", units: ["ouroboros-web@preview4.service", "ouroboros-web@preview4.socket"] },
    { do: "remove", path: socket },
    { do: "reload_manager" },
  ]);
});

test("what was changed by hand is refused with its difference, and so is what others may read", () => {
  const edited = text(UNIT, { kind: "edited", whole: "new\n" });
  const asked = (facts: Partial<HostFacts>) => () => refuseEdited({ ...installed, ...facts });
  expect(asked({ texts: [edited], differences: { [UNIT]: "-mine\n+new\n" } })).toThrow(
    expect.objectContaining({
      code: "file_edited",
      message: `Changed by hand since it was installed: ${UNIT}.\n-mine\n+new`,
    }),
  );
  const unsafe = text("/etc/oroboros/api.env", { kind: "unsafe", problem: "it is bad", repair: "chmod it", whole: "" });
  expect(asked({ texts: [edited, unsafe] })).toThrow(
    expect.objectContaining({ code: "unsafe_file", hint: expect.stringContaining("chmod it") }),
  );
  expect(asked({ unsafeTokens: { problem: "it is bad", repair: "chmod it" } })).toThrow("it is bad.");
  expect(asked({ texts: [text(UNIT, same)] })).not.toThrow();
});
