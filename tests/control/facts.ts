import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { RunEvent, RunState } from "@oroboros/slot-contract";

/** What a publish put in place, as its attempt's row tells it. */
export interface LiveFacts {
  worktree: string;
  commitSha: string;
  frontend: { surface: string; commitSha: string };
  backend: { worktree: string; commitSha: string };
}

export interface RunFacts {
  run_id: string;
  status: RunState;
  commit_sha: string | null;
  queue_position: number | null;
}

export interface AttemptFacts {
  run_id: string;
  attempt: number;
  status: string;
  lease_epoch: string | null;
  live: LiveFacts | null;
}

export type EventFacts = Pick<RunEvent, "event_type" | "detail"> & { event_id: number; run_id: string };

/** One slot, as the control database, the disk, the process table and a visitor see it. */
export interface SlotFacts {
  slot_id: string;
  lease_epoch: string;
  run_id: string | null;
  is_held: boolean;
  is_quarantined: boolean;
  /** Whether it is noted as restored to what an idle slot is. */
  is_idle: boolean;
  binding: { run_id: string; lease_epoch: string; commit_sha: string } | null;
  /** Command lines of every process of the slot's user. */
  processes: string[];
  /** Ports that the slot's user listens on. */
  ports: number[];
  backendPort: number;
  worktreeLink: string | null;
  worktrees: string[];
  surfaceLink: string | null;
  surfaces: string[];
  placeholder: string;
  /** The commit that the slot's backend says it runs; null where it names none, undefined where nothing answers. */
  backendCommit: string | null | undefined;
  surfaceCommit: string | null | undefined;
  database: string;
  /** The login of the database that the last swap has made; null where that is not there. */
  role: { name: string; can_login: boolean } | null;
  /** Whom the backend was started to log in as; null where none runs. */
  backendLogin: string | null;
}

export interface DatabaseFacts {
  name: string;
  comment: string | null;
}

/** All that the invariants judge, at one moment. */
export interface Facts {
  runs: RunFacts[];
  attempts: AttemptFacts[];
  events: EventFacts[];
  resets: { slot_id: string; lease_epoch: string; run_id: string | null }[];
  slots: SlotFacts[];
  databases: DatabaseFacts[];
  /** Logins of slots that are not the current ones and may log in all the same. */
  strayLogins: { name: string }[];
  /** What an answer of the api promised, and is not so. */
  lostWrites: string[];
}

/** The user of the `DATABASE_URL` that a process was started with. */
export function loginOf(pid: number): string | null {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    const url = environment.find((each) => each.startsWith("DATABASE_URL="))?.slice("DATABASE_URL=".length);
    return url === undefined ? null : new URL(url).username;
  } catch {
    // It has just ended.
    return null;
  }
}

export const namesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

export const linkAt = (path: string): string | null => {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
};

/** Local ports that sockets of this user listen on: proc_pid_net(5), state 0A, and the socket's owner in the eighth column. */
export function listeningPorts(uid: number): number[] {
  const rows = ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, "utf8").trim().split("\n").slice(1),
  );
  return rows.flatMap((row) => {
    const [, local = "", , state, , , , owner] = row.trim().split(/\s+/);
    return state === "0A" && Number(owner) === uid ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
  });
}
