import { HOST_ERROR_MEANINGS } from "./host-error-meanings.ts";
import type { ErrorCode } from "@oroboros/slot-contract";

/** What each code says, and what to do about it in general; a message and its hint say it for the case. */
export const ERROR_MEANINGS: Readonly<Record<ErrorCode, { means: string; next: string }>> = {
  invalid_slot: { means: "This host has no such slot.", next: "List them with `oroboros slots list`." },
  invalid_contract: {
    means: "Slot count, ports or paths of the installation break a rule.",
    next: "The message names the [rule](contract.md#rules); correct the setting.",
  },
  invalid_environment: {
    means: "A process or a command lacks a variable, or it is wrong.",
    next: "Correct the named variables: [all of them](contract.md#environment).",
  },
  invalid_request: {
    means: "An option, a field or a parameter can not be used.",
    next: "Correct what the message names and ask again.",
  },
  invalid_manifest: {
    means: "The commit has no usable `oroboros.app.json`.",
    next: "Correct it in the branch: [every field](app-manifest.md).",
  },
  idempotency_key_reused: {
    means: "An `Idempotency-Key` came again within 24 hours with another body.",
    next: "Send a new key with each new request; the message names the run that the first one made.",
  },
  unknown_command: { means: "There is no such command.", next: "See `oroboros --help`." },
  run_not_found: { means: "There is no run with this id.", next: "List them with `oroboros runs list`." },
  artifact_not_found: {
    means: "The run has no such artifact, or its file is gone.",
    next: "List them with `oroboros runs show <run_id> --json`.",
  },
  route_not_found: { means: "Nothing is at this path.", next: "See [the endpoints](api.md)." },
  not_installed: {
    means: "There is no installation below this directory.",
    next: "Make one with `oroboros runtime up`, or name its directory with `--root`.",
  },
  commit_not_found: {
    means:
      "The repository has no such branch or commit, or the branch does not have the commit that was named with it.",
    next: "Push it, and give a commit by its full id; one that is on no branch of yours without a branch.",
  },
  path_not_found: { means: "A file or directory is not there.", next: "Check the path that the message names." },
  seed_not_found: {
    means: "The application on main has no such seed.",
    next: "Use one of `database.seeds` of main's manifest, or a file `infra/db/preview/seeds/<version>.sql` on main.",
  },
  snapshot_not_found: {
    means: "There is no such snapshot, or it was dropped.",
    next: "List them with `oroboros db snapshot list`.",
  },
  ...HOST_ERROR_MEANINGS,
  pg_tools_missing: {
    means: "The host has no `pg_dump` and `pg_restore` to read another server's database with.",
    next: "Install PostgreSQL's client programs: `apt-get install postgresql-client-15`.",
  },
  token_not_found: { means: "There is no token with this id.", next: "List them with `oroboros token list`." },
  release_not_found: {
    means: "No release of this id stands on this host.",
    next: "List them with `GET /api/releases`.",
  },
  method_not_allowed: { means: "The path answers other methods.", next: "Use one that the header `Allow` names." },
  body_too_large: { means: "The body is larger than the api reads.", next: "Send less." },
  unsupported_media_type: {
    means: "The body is not declared to be JSON.",
    next: "Send `Content-Type: application/json`.",
  },
  request_timed_out: {
    means: "The request did not arrive, or was not answered, in time.",
    next: "Look at `/health/ready`, then ask again. What it changes may still happen.",
  },
  rate_limited: {
    means: "Too many requests of this sender failed to say who he is, or too many streams of events are open.",
    next: "Wait as long as `Retry-After` says, or close a stream.",
  },
  not_authenticated: {
    means: "No token, or one that is not known here or was revoked.",
    next: "Make one with `oroboros token create --role <role> --label <who>`.",
  },
  role_required: {
    means: "The token's role may not do this.",
    next: "Use a token with the role that the message names.",
  },
  host_refused: {
    means: "The request is for a host that the api does not answer for.",
    next: "Use the address that the hint names.",
  },
  origin_refused: {
    means: "A browser sent it for a page that may not do this.",
    next: "Use the operator's page, the command line, or a client of your own.",
  },
  branch_not_trusted: {
    means: "Without root a branch would run as you.",
    next: "Start as root, or accept it with `--trust-branch`.",
  },
  command_refused: {
    means: "The exec policy does not allow this command.",
    next: "Use a command that the policy names.",
  },
  path_refused: {
    means: "A path leads out of where it may, through a link, or to somebody else's file.",
    next: "Look at the path that the message names; remove the link or use another directory.",
  },
  upstream_refused: {
    means: "A surface was told to pass requests on to something that is not its slot's backend.",
    next: "Correct `WEB_API_PROXY_TARGET` in the surface's environment.",
  },
  invalid_transition: {
    means: "The run's state does not lead there, or not for whoever asks.",
    next: "See the run with `oroboros runs show <run_id>`, and [the states](contract.md#run-states).",
  },
  invalid_url: {
    means: "A database's address is no URL with a plain host and port.",
    next: "Write `postgresql://user:password@host:port/database`.",
  },
  unsupported_scheme: { means: "A database's address is not a PostgreSQL one.", next: "Write `postgresql://…`." },
  multi_host: { means: "A database's address names several hosts.", next: "Name one." },
  query_override: {
    means: "A database's address has parameters, which could name another target.",
    next: "Leave them out.",
  },
  control_character: {
    means: "A database's address has a space or a control character in it.",
    next: "Escape it with `%`.",
  },
  host_mismatch: {
    means: "The address is of another server than the slots' databases.",
    next: "Use the server of the installation.",
  },
  port_mismatch: {
    means: "The address has another port than the slot's.",
    next: "Use the port that the message names.",
  },
  production_target: {
    means: "The address names the database of production, of the runtime or of the server itself.",
    next: "Name the slot's own database, and find out how production's address got there.",
  },
  non_preview_database_target: {
    means: "The database is no preview's: nothing here may change it.",
    next: "Name the slot's own database.",
  },
  slot_database_mismatch: { means: "The database belongs to another slot.", next: "Name the slot's own database." },
  identity_mismatch: {
    means: "Another database answered than the one that was asked for.",
    next: "Look at what listens on the server's port; nothing was changed.",
  },
  not_marked: {
    means: "The database carries no marker of this installation.",
    next: "Look whose it is; drop or rename it yourself.",
  },
  role_mismatch: {
    means: "The session runs as another role than the slot's, or as a superuser.",
    next: "Correct the role in the address.",
  },
  database_not_empty: {
    means: "A seed is for an empty database, and this one has rows.",
    next: "Reset it first: `oroboros db reset --slot <slot>`.",
  },
  snapshot_exists: {
    means: "A snapshot of this version exists with other content, or existed. A version always means the same content.",
    next: "Use a new version; see them with `oroboros db snapshot list`.",
  },
  snapshot_refused: {
    means:
      "A database can not be taken as a snapshot: it is one of the runtime's own, or something in it belongs to a single slot.",
    next: "The message names what; change it in the database, or take another one.",
  },
  mask_required: {
    means: "A snapshot of another database than a slot's was asked for without a script that masks what is in it.",
    next: "Write one in SQL and name it with `--mask <file>`.",
  },
  pg_tools_too_old: {
    means: "Every `pg_dump` of this host is older than the server that it is to read.",
    next: "Install the client programs of the version that the message names.",
  },
  nothing_published: {
    means: "The application migrates by a command of its own, and no run is published in this slot to run it for.",
    next: "Publish a run: `oroboros runs create --branch <branch>`.",
  },
  commit_changed: {
    means: "What is previewed is no longer the commit that was looked at.",
    next: "Look at the preview again, and approve the commit that it shows.",
  },
  not_set_up: { means: "Something that this needs was not set up on this host.", next: "Do what the hint says." },
  databases_drifted: {
    means: "A database, a login or a record of a reset is not what the control database says it is.",
    next: "Do what the finding says; the findings name each of them: `oroboros db audit --json`.",
  },
  audit_broken: {
    means: "The audit log is not as it was written.",
    next: "Compare it with a backup from the named row on; see who had the database owner's rights.",
  },
  snapshot_changed: {
    means: "A snapshot's database does not hold what it held when it was made.",
    next: "Drop it with `oroboros db snapshot drop <version>`, make a new one, and find out who changed it.",
  },
  snapshot_in_use: {
    means: "A database is being made from the snapshot, or the snapshot itself is being made.",
    next: "Try again when that has ended.",
  },
  being_changed: {
    means: "Another request, or a publish, is changing the same run or slot; nothing was done.",
    next: "Ask again after as long as `Retry-After` says.",
  },
  stale_lease: {
    means: "The run that was named does not hold the slot, or does not any more: what was about to be done was not.",
    next: "Nothing; see the slot with `oroboros slots list`.",
  },
  lease_held: {
    means: "A run, or the slot's cleaning, holds the slot.",
    next: "Wait, or free it with `oroboros slots release <slot>`.",
  },
  no_free_slot: {
    means: "Every slot is taken.",
    next: "Wait for one, or free one with `oroboros slots release <slot>`.",
  },
  port_taken: {
    means: "Another process listens on a port of this installation.",
    next: "Stop it, or choose other ports with `--port-offset`.",
  },
  already_running: { means: "The same is already at work.", next: "Use what runs, or stop it first." },
  installation_exists: {
    means: "A stopped installation is kept in this directory.",
    next: "Go on with it by `oroboros runtime up`, or remove it with `oroboros runtime down --remove`.",
  },
  uid_taken: {
    means:
      "A user id of this installation belongs to somebody else's processes, or an account with one of its names is a person's, logs in, or is in other groups.",
    next: "Stop them, or choose another `--port-offset`; of an account, type the line it prints.",
  },
  gate_failed: {
    means:
      "A preview was not proven, a service does not answer as it has to, or the doctor found something that is wrong.",
    next: "Type what the hint says; for a preview, read the last answers in the run's readiness and smoke logs.",
  },
  step_failed: { means: "A step of a publish failed.", next: "Read its log: `oroboros runs show <run_id>`." },
  step_timed_out: {
    means: "A step, or a whole publish, did not end in its time.",
    next: "Read its log; make it faster, and publish again.",
  },
  migration_failed: {
    means: "A migration of the branch failed.",
    next: "Correct it in the branch, and publish again.",
  },
  seed_failed: { means: "A seed could not be applied.", next: "Correct it on main." },
  disk_full: {
    means: "A copy of a database would not fit on the disk of PostgreSQL's data directory; nothing was changed.",
    next: "Make room there, then repeat the command. Templates that nobody uses go by themselves after three days.",
  },
  reset_failed: {
    means: "A slot's database was not replaced; the old one still serves.",
    next: "Look at the message's reason, and try again.",
  },
  snapshot_failed: {
    means: "A snapshot could not be made; nothing of it was kept.",
    next: "The message says what stood in the way.",
  },
  mask_failed: {
    means: "The script that was to mask a snapshot failed; nothing of the snapshot was kept.",
    next: "The message names the line; correct the script.",
  },
  backend_not_started: {
    means: "A slot's backend did not start, or not become healthy.",
    next: "Read its log, which the message names.",
  },
  not_running: {
    means: "The process that was asked for does not run.",
    next: "Start it: `oroboros backend start --slot <slot>`.",
  },
  start_failed: { means: "A process could not be started.", next: "Read the log that the message names." },
  unreachable: {
    means: "The api or another server of the installation does not answer.",
    next: "See that it runs: `oroboros runtime up`.",
  },
  run_failed: { means: "The run that was waited for failed.", next: "See why with `oroboros runs show <run_id>`." },
  wait_timed_out: {
    means: "What was waited for is still on its way.",
    next: "Wait longer with `--wait-seconds`, or look again later.",
  },
  interrupted: {
    means: "It was ended from outside before it was done.",
    next: "A run that was made goes on: its `run_id` is in the answer. Anything else: do it again.",
  },
  internal_error: {
    means: "Something happened that nobody expected.",
    next: "The log has the details under the answer's `trace_id`.",
  },
};
