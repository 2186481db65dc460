import { expect, test } from "vitest";
import type { Facts, RunFacts, SlotFacts } from "./facts.ts";
import { FAILED_RUN, healthyFacts, LIVE_RUN } from "./healthy-facts.ts";
import { violationsOf } from "./invariants.ts";

test("a system that is as it has to be violates nothing", () => {
  expect(violationsOf(healthyFacts())).toEqual([]);
});

const preview = ({ slots }: Facts): SlotFacts => slots[0] ?? missing();
const idle = ({ slots }: Facts): SlotFacts => slots[1] ?? missing();
const run = ({ runs }: Facts, id: string): RunFacts => runs.find(({ run_id }) => run_id === id) ?? missing();
function missing(): never {
  throw new Error("the facts have it");
}
const tell = (facts: Facts, run_id: string, event_type: Facts["events"][number]["event_type"], detail = {}): void =>
  void facts.events.push({ event_id: facts.events.length + 1, run_id, event_type, detail });

const another = ({ runs }: Facts, status: RunFacts["status"]): void =>
  void runs.push({ run_id: "another", status, commit_sha: null, queue_position: null });

/** One seeded fault of each kind that the crash matrix looks for. */
test.each<[string, (facts: Facts) => unknown, RegExp]>([
  ["a run with two slots", (f) => Object.assign(idle(f), { is_held: true, is_idle: false, run_id: LIVE_RUN }), /holds/],
  ["a slot held by an ended run", (f) => (run(f, LIVE_RUN).status = "canceled"), /held by a run that is canceled/],
  ["a slot held by nobody", (f) => Object.assign(idle(f), { is_held: true }), /held by no run/],
  ["a slot that is never cleaned", (f) => (idle(f).is_quarantined = true), /quarantined/],
  ["a slot that is never restored", (f) => (idle(f).is_idle = false), /stands as nothing/],
  ["a run that hangs", (f) => (run(f, LIVE_RUN).status = "testing"), /testing, and nobody works/],
  ["a run that waits unseen", (f) => another(f, "queued"), /nobody sees/],
  ["a preview without a slot", (f) => another(f, "needs_approval"), /has no slot/],
  ["a run that waits beside a free slot", (f) => another(f, "queued"), /waits while a slot is free/],
  ["a run that ends twice", (f) => tell(f, FAILED_RUN, "run_transitioned", { to: "failed" }), /ended 2 times/],
  ["a state without its event", (f) => (run(f, FAILED_RUN).status = "expired"), /its events say failed/],
  ["a step after the end", (f) => tell(f, FAILED_RUN, "step_started"), /after it had ended/],
  [
    "a publish that nobody ends",
    (f) => f.attempts.push({ ...f.attempts[2]!, attempt: 3, status: "running" }),
    /is running/,
  ],
  [
    "a lost release",
    (f) => (f.events = f.events.filter(({ event_type }) => event_type !== "lease_released")),
    /gave back 0/,
  ],
  [
    "an epoch granted twice",
    (f) => tell(f, LIVE_RUN, "publish_started", { slot_id: "preview-1", lease_epoch: "3" }),
    /granted twice/,
  ],
  [
    "a reset under an old epoch",
    (f) => f.resets.push({ slot_id: "preview-1", lease_epoch: "1", run_id: FAILED_RUN }),
    /epoch that was over/,
  ],
  [
    "a worktree under an epoch to come",
    (f) => Object.assign(preview(f).binding ?? {}, { lease_epoch: "4" }),
    /never granted/,
  ],
  ["an orphan process", (f) => preview(f).processes.push("sleep 600"), /nobody owns: sleep 600/],
  ["a second backend", (f) => preview(f).processes.push("node server.mjs"), /2 backends/],
  ["an idle slot without a backend", (f) => (idle(f).processes = []), /0 backends/],
  ["an orphan port", (f) => preview(f).ports.push(9999), /not its own: 9999/],
  ["a backend that does not listen", (f) => (idle(f).ports = []), /nobody listens/],
  ["a backend that does not answer", (f) => (preview(f).backendCommit = undefined), /does not answer/],
  [
    "the backend of another commit",
    (f) => (preview(f).backendCommit = "c".repeat(40)),
    /backend of preview-1 runs ccc/,
  ],
  ["the page of another commit", (f) => (preview(f).surfaceCommit = null), /the page of preview-1/],
  ["an orphan worktree", (f) => preview(f).worktrees.push(`${FAILED_RUN}-1`), /worktrees of no publish/],
  ["an orphan worktree in a free slot", (f) => idle(f).worktrees.push(`${FAILED_RUN}-1`), /has the worktrees/],
  ["a worktree that is gone", (f) => (preview(f).worktrees = []), /misses its worktree/],
  ["a link to an earlier worktree", (f) => (preview(f).worktreeLink = `/w/${LIVE_RUN}-1`), /works in/],
  ["an orphan surface", (f) => preview(f).surfaces.push(`${FAILED_RUN}-1`), /surfaces of no publish/],
  ["an orphan surface in a free slot", (f) => idle(f).surfaces.push(`${FAILED_RUN}-1`), /has the surfaces/],
  ["a surface that was not switched", (f) => (preview(f).surfaceLink = `/s/${LIVE_RUN}-1`), /shows/],
  ["a free slot that shows a run", (f) => (idle(f).surfaceLink = `/s/${FAILED_RUN}-1`), /is free and shows/],
  ["a free slot bound to a run", (f) => (idle(f).binding = preview(f).binding), /free and bound/],
  ["a commit that is not live", (f) => (run(f, LIVE_RUN).commit_sha = "a".repeat(40)), /names aaa/],
  ["an orphan database", (f) => f.databases.push({ name: "kept_1", comment: null }), /the database kept_1/],
  [
    "the database of another run",
    (f) =>
      Object.assign(
        f.databases.find(({ name }) => name === "app_preview_2") ?? {},
        f.databases.find(({ name }) => name === "app_preview_1"),
        { name: "app_preview_2" },
      ),
    /database of preview-2 is not that of none/,
  ],
  ["a role that is locked out", (f) => Object.assign(preview(f).role ?? {}, { can_login: false }), /nobody can log in/],
  ["a database that no reset has made", (f) => (preview(f).role = null), /nobody can log in/],
  [
    "a backend of an old login",
    (f) => (preview(f).backendLogin = "slot_1_e2"),
    /logs in as slot_1_e2, not as slot_1_e3/,
  ],
  ["an old login that is let in", (f) => f.strayLogins.push({ name: "slot_1_e2" }), /slot_1_e2 can still log in/],
  ["a write that is gone", (f) => f.lostWrites.push("run 7"), /lost: run 7/],
])("%s is told", (_, seed, told) => {
  const facts = healthyFacts();
  seed(facts);
  expect(violationsOf(facts).join("\n")).toMatch(told);
});
