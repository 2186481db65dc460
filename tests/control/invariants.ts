import { basename } from "node:path";
import { isTerminal } from "@oroboros/slot-contract";
import type { EventFacts, Facts, RunFacts, SlotFacts } from "./facts.ts";

/** Events that tell of an epoch that was granted. */
const GRANTS: readonly string[] = ["lease_acquired", "publish_started"];
/** A run that nobody has to do anything for but a person, or that waits where everybody can see it. */
const WAITS: readonly string[] = ["needs_approval", "approved"];

/**
 * What is not as it has to be once a system that nobody asks for anything has come to rest, each as one sentence. Empty is good.
 */
export function violationsOf(facts: Facts): string[] {
  return [
    ...facts.slots.flatMap((slot) => ofSlot(facts, slot)),
    ...facts.runs.flatMap((run) => ofRun(facts, run)),
    ...ofQueue(facts),
    ...ofEpochs(facts),
    ...ofDatabases(facts),
    ...facts.strayLogins.map(({ name }) => `${name} can still log in`),
    ...facts.lostWrites.map((write) => `an acknowledged write is lost: ${write}`),
  ];
}

function ofSlot(facts: Facts, slot: SlotFacts): string[] {
  if (slot.is_quarantined) return [`${slot.slot_id} is still quarantined`];
  if (!slot.is_held) return slot.is_idle ? ofIdle(slot) : [`${slot.slot_id} is free and stands as nothing`];
  const run = facts.runs.find(({ run_id }) => run_id === slot.run_id);
  if (run === undefined) return [`${slot.slot_id} is held by no run: ${slot.run_id ?? "maintenance"}`];
  if (isTerminal(run.status)) return [`${slot.slot_id} is held by a run that is ${run.status}`];
  return WAITS.includes(run.status) ? ofPreview(facts, slot, run) : [];
}

function ofIdle(slot: SlotFacts): string[] {
  const { slot_id: id } = slot;
  return found([
    [slot.worktreeLink !== null, `the worktree of ${id}, which is free, is still there`],
    [slot.worktrees.length > 0, `${id} is free and has the worktrees ${slot.worktrees.join(" ")}`],
    [slot.surfaces.length > 0, `${id} is free and has the surfaces ${slot.surfaces.join(" ")}`],
    [slot.surfaceLink !== slot.placeholder, `${id} is free and shows ${slot.surfaceLink}`],
    [slot.surfaceCommit !== null, `${id} is free and its page is that of ${slot.surfaceCommit}`],
    [slot.binding !== null, `${id} is free and bound to the worktree of run ${slot.binding?.run_id}`],
    ...ofProcesses(slot, /--slot-backend/),
  ]);
}

function ofPreview(facts: Facts, slot: SlotFacts, run: RunFacts): string[] {
  const { slot_id: id } = slot;
  const published = facts.attempts.filter(({ run_id, status }) => run_id === run.run_id && status === "succeeded");
  const live = published.at(-1)?.live;
  if (live === null || live === undefined) return [`run ${run.run_id} is ${run.status} and was never published`];
  const made = published.map(({ attempt }) => `${run.run_id}-${attempt}`);
  const stray = (names: string[]): string[] => names.filter((name) => !made.includes(name) && name !== "pool");
  return found([
    [run.commit_sha !== live.commitSha, `run ${run.run_id} names ${run.commit_sha}, and ${live.commitSha} is live`],
    [slot.worktreeLink !== live.worktree, `${id} works in ${slot.worktreeLink}, not in ${live.worktree}`],
    [stray(slot.worktrees).length > 0, `${id} has worktrees of no publish: ${stray(slot.worktrees).join(" ")}`],
    [!slot.worktrees.includes(basename(live.worktree)), `${id} misses its worktree`],
    [slot.surfaceLink !== live.frontend.surface, `${id} shows ${slot.surfaceLink}, not ${live.frontend.surface}`],
    [stray(slot.surfaces).length > 0, `${id} has surfaces of no publish: ${stray(slot.surfaces).join(" ")}`],
    [slot.surfaceCommit !== live.frontend.commitSha, `the page of ${id} is that of ${slot.surfaceCommit}`],
    [slot.backendCommit !== live.backend.commitSha, `the backend of ${id} runs ${slot.backendCommit}`],
    [slot.binding?.run_id !== run.run_id, `${id} is bound to ${slot.binding?.run_id}, not to run ${run.run_id}`],
    [slot.binding?.commit_sha !== live.commitSha, `${id} is bound to commit ${slot.binding?.commit_sha}`],
    ...ofProcesses(slot, /server\.mjs/),
  ]);
}

function ofProcesses(slot: SlotFacts, backend: RegExp): [boolean, string][] {
  const { slot_id: id, processes, ports, backendPort, role } = slot;
  const others = processes.filter((command) => !backend.test(command));
  const strange = ports.filter((port) => port !== backendPort);
  return [
    [others.length > 0, `${id} has processes that nobody owns: ${others.join("; ")}`],
    [processes.length - others.length !== 1, `${id} has ${processes.length - others.length} backends`],
    [!ports.includes(backendPort), `nobody listens on port ${backendPort} of ${id}`],
    [strange.length > 0, `${id} listens on ports that are not its own: ${strange.join(" ")}`],
    [slot.backendCommit === undefined, `the backend of ${id} does not answer`],
    [slot.surfaceCommit === undefined, `the surface of ${id} does not answer`],
    [role?.can_login !== true, `nobody can log in to the database of ${id}`],
    [slot.backendLogin !== role?.name, `the backend of ${id} logs in as ${slot.backendLogin}, not as ${role?.name}`],
  ];
}

function ofRun(facts: Facts, run: RunFacts): string[] {
  const { run_id: id, status } = run;
  const events = facts.events.filter((event) => event.run_id === id);
  const holds = facts.slots.filter((slot) => slot.run_id === id);
  const open = facts.attempts.filter((each) => each.run_id === id && ["requested", "running"].includes(each.status));
  const ends = events.filter(isEnd);
  const late = events.slice(events.findIndex(isEnd)).filter(({ event_type }) => event_type === "step_started");
  const told = events.findLast(({ event_type }) => event_type === "run_transitioned")?.detail["to"] ?? "queued";
  const count = (...types: string[]): number => events.filter(({ event_type }) => types.includes(event_type)).length;
  return found([
    [holds.length > 1, `run ${id} holds ${holds.map(({ slot_id }) => slot_id).join(" and ")}`],
    [
      !isTerminal(status) && status !== "queued" && !WAITS.includes(status),
      `run ${id} is ${status}, and nobody works on it`,
    ],
    [status === "queued" && run.queue_position === null, `run ${id} waits, and nobody sees where`],
    [WAITS.includes(status) && holds.length === 0, `run ${id} is ${status} and has no slot`],
    [open.length > 0, `publish ${open[0]?.attempt} of run ${id} is ${open[0]?.status}, and nobody works on it`],
    [told !== status, `run ${id} is ${status}, and its events say ${String(told)}`],
    [ends.length > (isTerminal(status) ? 1 : 0), `run ${id} ended ${ends.length} times`],
    [ends.length > 0 && late.length > 0, `run ${id} began a step after it had ended`],
    [
      count("lease_acquired") - count("lease_released", "lease_expired") !== holds.length,
      `run ${id} was given ${count("lease_acquired")} slots, gave back ${count("lease_released", "lease_expired")} and holds ${holds.length}`,
    ],
  ]);
}

/** Who waits does so because there is no slot. */
function ofQueue({ runs, slots }: Facts): string[] {
  const free = slots.filter(({ is_held, is_quarantined }) => !is_held && !is_quarantined).length;
  const waiting = runs.filter(({ status }) => status === "queued");
  return waiting.slice(0, free).map(({ run_id }) => `run ${run_id} waits while a slot is free`);
}

const isEnd = ({ event_type, detail }: EventFacts): boolean =>
  event_type === "run_transitioned" && isTerminal(detail["to"] as RunFacts["status"]);

/** Whoever acts on a slot shows an epoch, and none is shown after a later one. */
function ofEpochs({ events, resets, slots }: Facts): string[] {
  return slots.flatMap((slot) => {
    const { slot_id: id, lease_epoch, binding } = slot;
    const granted = events.filter(({ event_type, detail }) => GRANTS.includes(event_type) && detail["slot_id"] === id);
    const reset = resets.filter(({ slot_id }) => slot_id === id);
    return found([
      [!grows(granted.map(({ detail }) => String(detail["lease_epoch"]))), `${id} was granted twice under one epoch`],
      [
        !isSorted(reset.map((each) => each.lease_epoch)),
        `the database of ${id} was reset under an epoch that was over`,
      ],
      [
        reset
          .concat(binding === null ? [] : [{ slot_id: id, ...binding }])
          .some((effect) => BigInt(effect.lease_epoch) > BigInt(lease_epoch)),
        `something acted on ${id} under an epoch that was never granted`,
      ],
    ]);
  });
}

const pairs = (epochs: readonly string[]): [bigint, bigint][] =>
  epochs.slice(1).map((epoch, index) => [BigInt(epochs[index] ?? 0), BigInt(epoch)]);
const isSorted = (epochs: readonly string[]): boolean => pairs(epochs).every(([before, after]) => before <= after);
const grows = (epochs: readonly string[]): boolean => pairs(epochs).every(([before, after]) => before < after);

/** A slot has its database and perhaps the next one; what a publish puts aside is gone with it. */
function ofDatabases({ databases, slots, resets }: Facts): string[] {
  const own = slots.flatMap(({ database, slot_id }) => [database, `spare_${slot_id.split("-")[1]}`]);
  const orphans = databases.filter(
    ({ name }) => !own.includes(name) && !/^(postgres|template[01]|builder_control|seed_[0-9a-f]+)$/.test(name),
  );
  const wrong = slots.flatMap((slot) => {
    const marker = databases.find(({ name }) => name === slot.database)?.comment ?? "no database";
    const run = slot.run_id ?? "none";
    const reset = resets.findLast(({ slot_id }) => slot_id === slot.slot_id);
    if (reset === undefined || marker.includes(`:run=${run}:`)) return [];
    return [`the database of ${slot.slot_id} is not that of ${run}: ${marker}`];
  });
  return [...orphans.map(({ name }) => `nobody owns the database ${name}`), ...wrong];
}

const found = (tests: readonly [boolean, string][]): string[] =>
  tests.flatMap(([isBroken, sentence]) => (isBroken ? [sentence] : []));
