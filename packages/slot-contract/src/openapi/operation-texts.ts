import type { EndpointName } from "../api/endpoints.ts";

/** What each endpoint does, in one line. */
export const SUMMARIES: Readonly<Record<EndpointName, string>> = {
  health: "Say that the api answers.",
  ready: "Say whether PostgreSQL, the dispatcher and the disk are there; 503 where one is not.",
  listSlots: "List the slots and who holds them.",
  slotContract: "Say what the slots' ports, hosts, databases and paths are.",
  acquireSlot: "Give a run a free slot, or say where it waits; an agent only a run of its own.",
  heartbeatSlot:
    "Say that an agent still works on the slot's run, which is its own; the lease is extended up to testing.",
  releaseSlot: "End a slot's lease, and the run that held it.",
  reapExpiredSlots: "End the leases that ran out, and expire their runs.",
  replaceSlot: "Give a run the slot of an idle preview, whose run expires.",
  createRun:
    "Queue a run: a branch, or a commit of it, on its way to a preview; once for the same Idempotency-Key within 24 hours.",
  listRuns: "List runs, newest first.",
  runContract: "Say which states, transitions and codes a run may have.",
  getRun: "Show a run with its publishes and artifacts.",
  transitionRun:
    "Move a run that holds its slot on, up to testing, or end it before its preview; an agent only a run of its own.",
  cancelRun: "Cancel a run and free its slot, once; an agent only a run of its own.",
  expireRun: "Expire a run and free its slot, once.",
  extendRun: "Let a preview under review keep its slot longer.",
  retryRun:
    "Queue a new run that does what one that ended was asked for, a branch's head by then; an agent only for a run of its own.",
  resumeRun:
    "Queue a new run of exactly the commit of one that timed out or expired; an agent only for a run of its own.",
  publishRun:
    "Publish a live run again, or one that only holds its slot: its branch's head, or another commit; an agent only a run of its own.",
  runDiff: "Show what a run changes.",
  runChecks: "List what was checked of a run: the steps of its newest publish, and which publish is live.",
  runApprovals: "List what was decided on a run.",
  runPreview: "Say where a run is previewed, and until when.",
  approveRun:
    "Approve exactly the commit that is previewed. Nothing merges or deploys it yet; publishing again voids it.",
  rejectRun: "Reject a run, which fails and frees its slot.",
  listEvents: "List a run's events.",
  streamEvents: "Stream a run's events as they are committed.",
  eventSchema: "Say what an event is, in JSON Schema.",
  listArtifacts: "List the evidence of a run.",
  readArtifact: "Read one artifact.",
  listWorktrees: "List the slots' worktrees.",
  assignWorktree: "Have a worker publish the commit that a run shows once more, in a worktree of its own.",
  cleanupWorktree: "Have a worker empty a free slot; nobody is given it before that.",
  listReleases: "List the releases, newest first.",
  getRelease: "Show a release.",
  deploy: "Deploy a commit; refused with not_set_up, because nothing deploys yet.",
  rollback: "Go back to a release; refused with not_set_up, because nothing deploys yet.",
  host: "Ask every service of the host for its health.",
  listDatabaseResets: "List where the data of the previews came from.",
  listDatabaseSnapshots: "List the snapshots that a database can start from, newest first.",
  openSession: "Exchange a token for the page's cookie.",
  closeSession: "Give the page's cookie back.",
  coreMetrics: "Say how long runs wait and publish, and how many fail.",
  metrics: "The same and more for Prometheus.",
};

const UNCHANGED = "Nothing changed since the answer that If-None-Match names.";
const BUT_RENEWALS =
  "Nothing changed since the answer that If-None-Match names, but heartbeats and, unless the run is under review, the end of its lease.";

/** What success looks like where it is not just 200. */
export const ANSWERS: Partial<Record<EndpointName, Readonly<Record<number, string>>>> = {
  ready: { 200: "Everything is there.", 503: "Something is missing." },
  listSlots: { 200: "The slots.", 304: BUT_RENEWALS },
  listRuns: { 200: "A page of runs.", 304: UNCHANGED },
  createRun: {
    200: "The run that the same Idempotency-Key made before, with Idempotency-Replayed: true.",
    201: "The run waits in the queue.",
  },
  retryRun: { 200: "The run that was made before, and lives.", 201: "The new run waits in the queue." },
  resumeRun: { 200: "The run that was made before, and lives.", 201: "The new run waits in the queue." },
  getRun: { 200: "The run.", 304: BUT_RENEWALS },
  runDiff: { 200: "The commit against where it left main.", 304: UNCHANGED },
  runChecks: { 200: "The newest publish's checks.", 304: UNCHANGED },
  runApprovals: { 200: "What was decided, oldest first.", 304: UNCHANGED },
  runPreview: { 200: "The preview.", 304: UNCHANGED },
  publishRun: { 200: "The same commit is on its way already.", 202: "A worker will publish it." },
  streamEvents: { 200: "Events, each named run_event.", 204: "The client has the event that ended the run." },
};
