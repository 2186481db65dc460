import { commandsOf } from "@oroboros/test-runtime";
import {
  backendPort,
  COMMIT_HEADER,
  frontendPort,
  loopbackUrl,
  placeholderPath,
  slotDatabase,
  type SlotId,
} from "@oroboros/slot-contract";
import { linkAt, listeningPorts, loginOf, namesIn, type Facts, type SlotFacts } from "./facts.ts";
import type { Installation } from "./installation.ts";

const STATEMENTS = [
  `select run_id, status, commit_sha, case when status = 'queued' then rank() over (partition by status = 'queued' order by arrival)
     end as queue_position from runs order by arrival`,
  `select run_id, attempt, status, lease_epoch::text, live from publish_attempts order by run_id, attempt`,
  `select event_id::int, run_id, event_type, detail from run_events order by event_id`,
  `select slot_id, lease_epoch::text, run_id from preview_db_resets where reset_status = 'succeeded' order by reset_id`,
  `select slot_id, lease_epoch::text, slot_leases.run_id, expires_at is not null as is_held, quarantined_at is not null as is_quarantined,
     exists (select from idle_slots where idle_slots.slot_id = slot_leases.slot_id) as is_idle,
     (select jsonb_build_object('run_id', run_id, 'lease_epoch', bound.lease_epoch::text, 'commit_sha', commit_sha)
        from slot_worktree_bindings bound where bound.slot_id = slot_leases.slot_id) as binding
     from slot_leases order by slot_number`,
  `select datname as name, shobj_description(oid, 'pg_database') as comment from pg_database order by datname`,
  // Of the database that the last swap has written down, and of nothing that only has its name.
  `select slot_id, rolname as name, rolcanlogin and has_database_privilege(rolname, datname, 'connect') as can_login
     from slot_databases join pg_roles on rolname = format('slot_%s_e%s', slot_number, login_epoch)
     join pg_database d on d.oid = database_oid and datname = format('app_preview_%s', slot_number)`,
  `select rolname as name from pg_roles join pg_auth_members on member = pg_roles.oid and roleid = 'oroboros_slots'::regrole
     where rolcanlogin and rolname not in (select format('slot_%s_e%s', slot_number, login_epoch) from slot_databases)`,
];

type Row = Pick<SlotFacts, "slot_id" | "lease_epoch" | "run_id" | "is_held" | "is_quarantined" | "is_idle" | "binding">;

/** Looks at everything the invariants judge. `acknowledged` reads the api's promises back and names those that are broken. */
export async function observe(installation: Installation, acknowledged: () => Promise<string[]>): Promise<Facts> {
  const answers = await installation.query(...STATEMENTS);
  const [runs, attempts, events, resets, rows, databases, roles, strayLogins] = answers;
  const slots = (rows as Row[]).map((row) => {
    const logins = roles as { slot_id: string; name: string; can_login: boolean }[];
    const login = logins.find((each) => each.slot_id === row.slot_id);
    const role = login === undefined ? null : { name: login.name, can_login: login.can_login };
    return observeSlot(installation, row, role);
  });
  return {
    runs,
    attempts,
    events,
    resets,
    databases,
    strayLogins,
    slots: await Promise.all(slots),
    lostWrites: await acknowledged(),
  } as Facts;
}

async function observeSlot({ contract, machine }: Installation, row: Row, role: SlotFacts["role"]): Promise<SlotFacts> {
  const slot = row.slot_id as SlotId;
  const own = machine.slot(slot);
  const [worktrees = "", surfaces = ""] = own.directories;
  const port = backendPort(contract, slot);
  const [backendCommit, surfaceCommit] = await Promise.all([
    commitOf(`${loopbackUrl(port)}/health`, ({ headers }) => headers.get(COMMIT_HEADER)),
    commitOf(`${loopbackUrl(frontendPort(contract, slot))}/health`, (_, { commit_sha }) => commit_sha ?? null),
  ]);
  const commands = commandsOf(own.uid);
  return {
    ...row,
    processes: commands.map(({ command }) => command),
    backendLogin: commands.map(({ pid }) => loginOf(pid)).find((login) => login !== null) ?? null,
    ports: listeningPorts(own.uid),
    backendPort: port,
    worktreeLink: linkAt(own.worktreeLink),
    worktrees: namesIn(worktrees),
    surfaceLink: linkAt(own.surfaceLink),
    surfaces: namesIn(surfaces),
    placeholder: placeholderPath(contract),
    backendCommit,
    surfaceCommit,
    database: slotDatabase(slot),
    role,
  };
}

async function commitOf(
  url: string,
  read: (response: Response, body: { commit_sha?: string | null }) => string | null,
): Promise<string | null | undefined> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2_000) });
    return response.ok ? read(response, (await response.json()) as { commit_sha?: string | null }) : undefined;
  } catch {
    return undefined;
  }
}
