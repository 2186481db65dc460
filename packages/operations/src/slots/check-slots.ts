import { findLiveAttempt, listSlots } from "@oroboros/control-store";
import { httpProbe } from "@oroboros/health-probe";
import { connectTcp } from "@oroboros/host";
import { backendPort, frontendPort, loopbackUrl, slotIds, type RunId, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { explainFailure } from "../health/explain-failure.ts";
import { observeStates, type ObserveStates } from "../health/observe-states.ts";
import { PROBE_TIMEOUT_MS, probeFor } from "../health/probe-for.ts";
import { backendCheck, routedSurface } from "../health/service-checks.ts";
import type { ServiceTopology } from "../health/service-topology.ts";
import type { LivePublish } from "../publish/live-publish.ts";
import { checkDatabase } from "./check-database.ts";

const CHECK_TIMEOUT_MS = 5_000;

/** Why the backend of a slot does not answer, and what to type next, where that is known. */
type Why = (slot: SlotId) => Promise<string | undefined>;
type SlotState = "idle" | "held" | "unknown";

/** How the backend of a slot is asked: what the release's own and most applications answer, or what the live manifest says. */
type Asked = Pick<LivePublish["backend"], "health" | "slotApi">;
const USUAL: Asked = { health: "/health", slotApi: true };

interface Observed {
  state: SlotState;
  asked: Asked;
}

export interface SlotsReport {
  ok: boolean;
  /** Why the control database can not say which slots are held; null where it does. */
  control_database: string | null;
  slots: {
    slot_id: SlotId;
    state: SlotState;
    checks: { name: string; url: string; healthy: boolean; detail: string }[];
  }[];
}

/**
 * Asks every slot's surface, directly and by way of the reverse proxy where there is one, backend and proxied backend for their health,
 * all at once; those of an idle slot are the release's own, those of a preview are asked as its manifest says. It answers while the
 * control database is down as well.
 */
export async function checkSlots(
  context: Context,
  topology?: ServiceTopology,
  states: ObserveStates = observeStates(context.contract, "systemd"),
): Promise<SlotsReport> {
  const { observed, problem } = await observeSlots(context);
  const other: Observed = { state: problem === null ? "idle" : "unknown", asked: USUAL };
  const why = (slot: SlotId): Promise<string | undefined> =>
    topology?.manager === "systemd" ? whyOnHost(context, slot, states) : whyEmbedded(context, slot);
  const slots = await Promise.all(
    slotIds(context.contract).map((slot) => checkSlot(context, slot, observed.get(slot) ?? other, { topology, why })),
  );
  const ok = problem === null && slots.every(({ checks }) => checks.every(({ healthy }) => healthy));
  return { ok, control_database: problem, slots };
}

async function observeSlots({
  store,
}: Context): Promise<{ observed: ReadonlyMap<SlotId, Observed>; problem: string | null }> {
  try {
    const leases = await listSlots(store);
    const observed = leases.map(async ({ slotId, runId }) => [slotId, await observe(store, runId)] as const);
    return { observed: new Map(await Promise.all(observed)), problem: null };
  } catch (error) {
    return { observed: new Map(), problem: error instanceof Error ? error.message : String(error) };
  }
}

async function observe(store: Context["store"], runId: RunId | null): Promise<Observed> {
  if (runId === null) return { state: "idle", asked: USUAL };
  const live = (await findLiveAttempt(store, runId))?.live as LivePublish | null | undefined;
  return { state: "held", asked: live?.backend ?? USUAL };
}

async function checkSlot(
  context: Context,
  slot: SlotId,
  { state, asked }: Observed,
  { topology, why }: { topology: ServiceTopology | undefined; why: Why },
): Promise<SlotsReport["slots"][number]> {
  const { contract, fetch } = context;
  const surface = loopbackUrl(frontendPort(contract, slot));
  const backend = loopbackUrl(backendPort(contract, slot));
  const reached = asked.slotApi ? {} : { accepts: reachesBackend };
  const probes = [
    { name: "surface", url: `${surface}/health` },
    { name: "backend", url: backend + asked.health },
    { name: "api", url: `${surface}/api/health`, ...reached },
  ];
  const checks = probes.map(async (probe) => {
    const { healthy, detail } = await httpProbe({ ...probe, fetch }).check(AbortSignal.timeout(CHECK_TIMEOUT_MS));
    return { name: probe.name, url: probe.url, healthy, detail };
  });
  const routed = topology?.hasProxy === true ? [checkRoute(context, slot, topology)] : [];
  const database = state === "held" ? await checkDatabase(context, slot) : [];
  const answers = await Promise.all([...checks, ...routed]);
  return { slot_id: slot, state, checks: [...(await toldWhy(answers, () => why(slot))), ...database] };
}

type Check = SlotsReport["slots"][number]["checks"][number];

async function checkRoute({ contract }: Context, slot: SlotId, topology: ServiceTopology): Promise<Check> {
  const route = { service: "routed", ...routedSurface(contract, slot) };
  const answer = await probeFor(route, topology, connectTcp).check(AbortSignal.timeout(PROBE_TIMEOUT_MS));
  return { name: "routed", url: route.target, ...answer };
}

/** A backend that somebody stopped stays so, and is no riddle; whoever starts backends may be gone as well, and then it is one. */
async function toldWhy(checks: Check[], why: () => Promise<string | undefined>): Promise<Check[]> {
  if (checks.every(({ name, healthy }) => healthy || name !== "backend")) return checks;
  const told = await why();
  if (told === undefined) return checks;
  return checks.map((check) => (check.name === "backend" ? { ...check, detail: `${check.detail}; ${told}` } : check));
}

async function whyEmbedded({ processes }: Context, slot: SlotId): Promise<string | undefined> {
  const status = await processes.backend(slot, "status").catch(() => null);
  if (status?.ok !== true || status.state !== "stopped") return undefined;
  return `it is stopped, and stays so until it is started: oroboros backend start --slot ${slot}`;
}

/** As the check of the whole host explains it: systemd starts a backend again that has ended. */
async function whyOnHost({ contract }: Context, slot: SlotId, states: ObserveStates): Promise<string | undefined> {
  const check = backendCheck(contract, slot);
  const { reason, next } = explainFailure(
    contract,
    check,
    (await states([check])).get(check.unit) ?? { kind: "unknown" },
  );
  return reason === undefined ? undefined : `${reason}: ${next}`;
}

/** A backend that does not mount the slot handlers may know nothing of `/api/health`; that it answered is what counts. */
const reachesBackend = (status: number): boolean => status < 500;
