import type { AttemptFacts, EventFacts, Facts, SlotFacts } from "./facts.ts";

export const LIVE_RUN = "11111111-1111-4111-8111-111111111111";
export const FAILED_RUN = "33333333-3333-4333-8333-333333333333";
const [FIRST, SECOND] = ["a".repeat(40), "b".repeat(40)];

/** A preview that was published twice, an idle slot, and a run that failed. */
export function healthyFacts(): Facts {
  return {
    runs: [
      { run_id: FAILED_RUN, status: "failed", commit_sha: FIRST, queue_position: null },
      { run_id: LIVE_RUN, status: "needs_approval", commit_sha: SECOND, queue_position: null },
    ],
    attempts: [
      { run_id: FAILED_RUN, attempt: 1, status: "failed", lease_epoch: "1", live: null },
      published(1, "2", FIRST),
      published(2, "3", SECOND),
    ],
    events: events(),
    resets: [
      { slot_id: "preview-1", lease_epoch: "1", run_id: FAILED_RUN },
      { slot_id: "preview-1", lease_epoch: "3", run_id: LIVE_RUN },
      { slot_id: "preview-2", lease_epoch: "1", run_id: null },
    ],
    slots: [held(), idle()],
    databases: [
      ...["postgres", "template0", "template1", "builder_control", "seed_0a1b", "spare_2"].map((name) => ({
        name,
        comment: null,
      })),
      { name: "app_preview_1", comment: `oroboros:slot=preview-1:run=${LIVE_RUN}:epoch=3` },
      { name: "app_preview_2", comment: "oroboros:slot=preview-2:run=none:epoch=1" },
    ],
    strayLogins: [],
    lostWrites: [],
  };
}

function published(attempt: number, lease_epoch: string, commitSha: string): AttemptFacts {
  const worktree = `/w/${LIVE_RUN}-${attempt}`;
  const frontend = { surface: `/s/${LIVE_RUN}-${attempt}`, commitSha };
  return {
    run_id: LIVE_RUN,
    attempt,
    status: "succeeded",
    lease_epoch,
    live: { worktree, commitSha, frontend, backend: { worktree, commitSha } },
  };
}

function events(): EventFacts[] {
  const told: [string, EventFacts["event_type"], Record<string, unknown>][] = [
    [FAILED_RUN, "run_created", {}],
    [FAILED_RUN, "lease_acquired", { slot_id: "preview-1", lease_epoch: "1" }],
    [FAILED_RUN, "run_transitioned", { to: "planning" }],
    [FAILED_RUN, "step_started", { step: "checkout", attempt: 1 }],
    [FAILED_RUN, "step_failed", { step: "checkout", attempt: 1 }],
    [FAILED_RUN, "run_transitioned", { to: "failed" }],
    [FAILED_RUN, "lease_released", { slot_id: "preview-1" }],
    [LIVE_RUN, "run_created", {}],
    [LIVE_RUN, "lease_acquired", { slot_id: "preview-1", lease_epoch: "2" }],
    [LIVE_RUN, "run_transitioned", { to: "needs_approval" }],
    [LIVE_RUN, "publish_started", { slot_id: "preview-1", lease_epoch: "3" }],
  ];
  return told.map(([run_id, event_type, detail], index) => ({ event_id: index + 1, run_id, event_type, detail }));
}

function held(): SlotFacts {
  return {
    slot_id: "preview-1",
    lease_epoch: "3",
    run_id: LIVE_RUN,
    is_held: true,
    is_quarantined: false,
    is_idle: false,
    binding: { run_id: LIVE_RUN, lease_epoch: "3", commit_sha: SECOND },
    processes: ["node server.mjs"],
    ports: [8101],
    backendPort: 8101,
    worktreeLink: `/w/${LIVE_RUN}-2`,
    worktrees: [`${LIVE_RUN}-1`, `${LIVE_RUN}-2`],
    surfaceLink: `/s/${LIVE_RUN}-2`,
    surfaces: ["pool", `${LIVE_RUN}-1`, `${LIVE_RUN}-2`],
    placeholder: "/placeholder",
    backendCommit: SECOND,
    surfaceCommit: SECOND,
    database: "app_preview_1",
    role: { name: "slot_1_e3", can_login: true },
    backendLogin: "slot_1_e3",
  };
}

function idle(): SlotFacts {
  return {
    ...held(),
    slot_id: "preview-2",
    lease_epoch: "1",
    run_id: null,
    is_held: false,
    is_idle: true,
    binding: null,
    processes: ["node api.js --slot-backend"],
    ports: [8102],
    backendPort: 8102,
    worktreeLink: null,
    worktrees: [],
    surfaceLink: "/placeholder",
    surfaces: [],
    backendCommit: null,
    surfaceCommit: null,
    database: "app_preview_2",
    role: { name: "slot_2_e1", can_login: true },
    backendLogin: "slot_2_e1",
  };
}
