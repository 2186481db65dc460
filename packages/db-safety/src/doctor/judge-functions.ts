import {
  DATABASE_OWNER_ROLE,
  MIGRATOR_ROLE,
  ROTATOR_ROLE,
  SLOT_ACCESS_SCHEMA,
  WORKER_ROLE,
} from "@oroboros/slot-contract";
import { escapeIdentifier } from "pg";
import type { AccessFunction } from "../access/access-function.ts";
import { ACCESS_FUNCTIONS } from "../access/functions/index.ts";
import { repairable, unrepaired, type ClusterFinding } from "./cluster-finding.ts";
import type { ClusterFacts, FunctionRow } from "./observe-cluster.ts";

const SEARCH_PATH = "search_path=pg_catalog, pg_temp";
const INSTALL = "Install this release again: provisioning puts every function back as the release has it.";

/** The functions that stand between the worker and the slots' databases, and the tables that they decide by. */
export function judgeFunctions({ functions, tables }: ClusterFacts): ClusterFinding[] {
  return [
    ...ACCESS_FUNCTIONS.flatMap((expected) => judgeFunction(expected, functions)),
    ...functions.filter((found) => !ACCESS_FUNCTIONS.some((expected) => isOf(found, expected))).map(unknown),
    ...tables.filter(({ owner, is_table }) => owner !== MIGRATOR_ROLE || !is_table).map(foreignTable),
  ];
}

const isOf = (found: FunctionRow, { name, parameters }: AccessFunction): boolean =>
  found.name === name && found.parameters === parameters;

function judgeFunction(expected: AccessFunction, functions: readonly FunctionRow[]): ClusterFinding[] {
  const subject = `${SLOT_ACCESS_SCHEMA}.${expected.name}`;
  const found = functions.find((each) => isOf(each, expected));
  if (found === undefined) {
    const message = `Function ${subject} does not exist.`;
    return [unrepaired("error", { code: "function_missing", subject, message }, INSTALL)];
  }
  const differs = differences(found, expected);
  if (differs.length === 0) return [];
  const message = `Function ${subject} is not as this release has it: ${differs.join(", ")}.`;
  return [unrepaired("error", { code: "function_changed", subject, message }, INSTALL)];
}

function differences(found: FunctionRow, { owner, body }: AccessFunction): string[] {
  const callers = owner === null ? [DATABASE_OWNER_ROLE, ROTATOR_ROLE] : [WORKER_ROLE];
  const isOwned = owner === null ? found.owned_by_superuser : found.owner === owner;
  const isFixed = found.settings?.length === 1 && found.settings[0] === SEARCH_PATH;
  return [
    ...(found.body === body ? [] : ["its body"]),
    ...(isOwned ? [] : [`it belongs to ${found.owner}`]),
    ...(found.is_definer === (owner !== null) ? [] : ["whose rights it has"]),
    ...(isFixed ? [] : ["its search path"]),
    ...(found.callers.toSorted().join() === callers.toSorted().join()
      ? []
      : [`who may call it: ${found.callers.map(named).join(", ")}`]),
  ];
}

const named = (caller: string): string => (caller === "" ? "everybody" : caller);

function unknown({ signature }: FunctionRow): ClusterFinding {
  const message = `Function ${signature} is none of this release's.`;
  return repairable({ code: "function_unknown", subject: signature, message }, `drop function ${signature}`);
}

function foreignTable({ name, owner, is_table: isTable }: ClusterFacts["tables"][number]): ClusterFinding {
  if (!isTable) {
    const hint = "Whoever made it decides who holds a slot. Stop the worker, and install the control database again.";
    const message = `${name} is not a table any more, and the functions of ${SLOT_ACCESS_SCHEMA} decide by it.`;
    return unrepaired("error", { code: "table_owner", subject: name, message }, hint);
  }
  const message = `${name} belongs to ${owner}: whoever owns it decides who holds a slot.`;
  const repair = `alter table public.${escapeIdentifier(name)} owner to ${MIGRATOR_ROLE}`;
  return repairable({ code: "table_owner", subject: name, message }, repair);
}
