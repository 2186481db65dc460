import type { Mutant } from "./with-mutant.ts";

/** Which proof is to see it. */
export type Proof = "model" | "stress";

/**
 * What somebody could break without noticing. Each takes away one property that leases rest on, and one of the proofs has to see it.
 * The first three stand for the others in a short run: one for what is done in order, one for the clock, one for what is done at once.
 */
export const MUTANTS: readonly (Mutant & { proof: Proof })[] = [
  {
    name: "renews by slot, whatever the epoch",
    proof: "model",
    file: "leases/renew-lease.ts",
    edits: [["lease_epoch = $3", "$3::bigint is not null"]],
  },
  {
    name: "renews by the time that its transaction began",
    proof: "model",
    file: "leases/renew-lease.ts",
    edits: [["and expires_at > clock_timestamp()", "and expires_at > now()"]],
  },
  {
    name: "reads the clock before it has the lock",
    proof: "stress",
    file: "leases/hold-lease.ts",
    edits: [
      [`.where("expires_at", "is not", null)`, `.where("expires_at", ">", sql<Date>\`clock_timestamp()\`)`],
      ["select where ${locked.expires_at} > clock_timestamp()", "select"],
    ],
  },
  {
    name: "renews a lease that has run out",
    proof: "model",
    file: "leases/renew-lease.ts",
    edits: [["and expires_at > clock_timestamp()", "and expires_at is not null"]],
  },
  {
    name: "shortens a lease by renewing it",
    proof: "model",
    file: "leases/renew-lease.ts",
    edits: [
      [
        "greatest(expires_at, clock_timestamp() + make_interval(secs => $1))",
        "clock_timestamp() + make_interval(secs => $1)",
      ],
    ],
  },
  {
    name: "releases by slot, whatever the epoch",
    proof: "model",
    file: "leases/release-lease.ts",
    edits: [["and lease_epoch = ${lease.leaseEpoch} and", "and"]],
  },
  {
    name: "releases what is free already",
    proof: "model",
    file: "leases/release-lease.ts",
    edits: [
      ["and lease_epoch = ${lease.leaseEpoch} and expires_at is not null", "and lease_epoch = ${lease.leaseEpoch}"],
    ],
  },
  {
    name: "takes a free slot without locking it",
    proof: "stress",
    file: "leases/acquire-lease.ts",
    edits: [["limit 1 for update skip locked", "limit 1"]],
  },
  {
    name: "grants a slot under the epoch of before",
    proof: "model",
    file: "leases/acquire-lease.ts",
    edits: [["lease_epoch + 1 as lease_epoch", "lease_epoch as lease_epoch"]],
  },
  {
    name: "gives out slots that are to be cleaned",
    proof: "model",
    file: "leases/grantable.ts",
    edits: [
      ["slot_leases.expires_at is null and slot_leases.quarantined_at is null", "slot_leases.expires_at is null"],
    ],
  },
  {
    name: "gives a slot to whoever asks first",
    proof: "model",
    file: "leases/claim-slot.ts",
    edits: [["isReserved || needed < free", "isReserved || needed >= 0"]],
  },
  {
    name: "grants several slots at a time",
    proof: "stress",
    file: "leases/grant-in-turn.ts",
    edits: [["select pg_advisory_xact_lock(hashtext('oroboros_slot_grants'))", "select"]],
  },
  {
    name: "reaps without quarantine",
    proof: "model",
    file: "leases/reap-expired-leases.ts",
    edits: [["freed(false)", "freed(true)"]],
  },
  {
    name: "reaps an operation whose worker lives",
    proof: "model",
    file: "leases/reap-expired-leases.ts",
    edits: [
      ["(run_id is null and expires_at is not null and ${hasNoWorker})", "run_id is null and expires_at is not null"],
    ],
  },
  {
    name: "fences an effect without a lock",
    proof: "stress",
    file: "leases/hold-lease.ts",
    edits: [["    .forShare()\n", ""]],
  },
  {
    name: "fences an effect by the time that its transaction began",
    proof: "model",
    file: "leases/hold-lease.ts",
    edits: [["> clock_timestamp()", "> now()"]],
  },
  {
    name: "ends a quarantine for whoever asks",
    proof: "model",
    file: "leases/quarantine.ts",
    edits: [
      ["and lease_epoch = ${leaseEpoch} and expires_at > clock_timestamp()", "and ${leaseEpoch}::bigint is not null"],
    ],
  },
  {
    name: "goes on with a publish under the epoch of before",
    proof: "model",
    file: "attempts/begin-attempt.ts",
    edits: [["set lease_epoch = lease_epoch + 1, heartbeat_at", "set heartbeat_at"]],
  },
  {
    name: "takes a publish from a worker that lives",
    proof: "model",
    file: "attempts/open-attempts.ts",
    edits: [["make_interval(secs => ${silentSeconds}) or", "make_interval(secs => 0 * ${silentSeconds}) or"]],
  },
  {
    name: "ends a publish that another worker has taken over",
    proof: "model",
    file: "attempts/finish-attempt.ts",
    edits: [[`    .where("lease_epoch", "=", lease.leaseEpoch)\n`, ""]],
  },
  {
    name: "extends a lease that has run out",
    proof: "model",
    file: "leases/extend-lease.ts",
    edits: [["and expires_at > clock_timestamp()", ""]],
  },
  {
    name: "ends a run and lets it keep its slot",
    proof: "model",
    file: "leases/end-run.ts",
    edits: [["await freeSlotOf(tx, end.runId)", "false"]],
  },
];
