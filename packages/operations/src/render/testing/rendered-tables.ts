import { parseEnvFile, type RuntimeContract } from "@oroboros/slot-contract";
import type { GeneratedFile } from "@oroboros/slot-contract/host";
import { renderInfra } from "../render-infra.ts";
import { code, table } from "./markdown-table.ts";

const UNIT = /^systemd\/([^/]+\.(target|socket|service|timer))$/;

/** What the committed env files say: first what all of them do, then what only one does. Secrets stand in none. */
export function environmentTable(contract: RuntimeContract): string {
  const files = renderInfra(contract)
    .filter(({ kind }) => kind === "env")
    .map(({ path, text }) => ({ name: path.slice(path.lastIndexOf("/") + 1), variables: parseEnvFile(text) }));
  const isCommon = (name: string, value: string): boolean => files.every(({ variables }) => variables[name] === value);
  const [first] = files;
  const common = Object.entries(first?.variables ?? {}).filter(([name, value]) => isCommon(name, value));
  const own = files.flatMap(({ name: file, variables }) =>
    Object.entries(variables)
      .filter(([name, value]) => !isCommon(name, value))
      .map(([name, value]) => [code(`/etc/oroboros/${file}`), code(`${name}=${value}`)]),
  );
  return table(
    ["file", "says"],
    [...common.map(([name, value]) => ["each of them", code(`${name}=${value}`)]), ...own],
  );
}

export function unitsTable(contract: RuntimeContract): string {
  const units = renderInfra(contract).flatMap((file) => {
    const name = UNIT.exec(file.path)?.[1];
    return name === undefined ? [] : [[code(name), valueOf(file, "Description"), userOf(file)]];
  });
  return table(["unit", "is", "runs as"], units);
}

export function timersTable(contract: RuntimeContract): string {
  const timers = renderInfra(contract).filter(({ path }) => path.endsWith(".timer"));
  return table(
    ["timer", "when", "does"],
    timers.map((file) => [
      code(file.path.slice("systemd/".length)),
      whenOf(file),
      code(`oroboros maintenance ${/-(reap-leases|audit-resets|prune|daily-summary)\.timer$/.exec(file.path)?.[1]}`),
    ]),
  );
}

function whenOf(file: GeneratedFile): string {
  const calendar = valueOf(file, "OnCalendar");
  if (calendar === "") return `every ${valueOf(file, "OnUnitActiveSec").replace(/s$/, " s")}`;
  return calendar.replace("*-*-* ", "each day at ");
}

const userOf = (file: GeneratedFile): string => {
  if (!file.path.endsWith(".service")) return "-";
  const user = valueOf(file, "User");
  if (user !== "") return code(user);
  return /preview-backend@|step-|purge@/.test(file.path) ? "the slot's user" : code("root");
};

/** Descriptions and times need no unquoting: nothing in them is special. */
const valueOf = ({ text }: GeneratedFile, directive: string): string =>
  new RegExp(`^${directive}=(.*)$`, "m").exec(text)?.[1]?.replaceAll("%i", "`%i`") ?? "";
