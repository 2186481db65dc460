import { wrong, type DoctorFinding } from "./doctor-report.ts";
import type { AccountFacts } from "./observe-accounts.ts";
import type { Found, Place } from "./observe-places.ts";

const MAKE = "./scripts/systemd-install-runtime.sh";
const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

/** Owner, group and mode of every place, by names. */
export function judgePlaces(wanted: readonly Place[], found: Found, accounts: AccountFacts): DoctorFinding[] {
  const user = nameIn(accounts.users.map(({ name, uid }) => [uid, name]));
  const group = nameIn(accounts.groups.map(({ name, gid }) => [gid, name]));
  return wanted.flatMap((place) => {
    const { path } = place;
    const access = found.get(path);
    if (access === undefined)
      return place.isRequired
        ? [wrong({ code: "place_missing", subject: path, message: `${path} does not exist.`, hint: MAKE })]
        : [];
    if (access.kind !== place.kind) {
      const message = `${path} is a ${access.kind} and not a ${place.kind}.`;
      const hint = `Find out who put it there, move it away, and then: ${MAKE}`;
      return [wrong({ code: "place_replaced", subject: path, message, hint })];
    }
    return [
      ...judgeOwner(place, { user: user(access.uid), group: group(access.gid) }),
      // A link has no mode of its own (symlink(7)).
      ...(place.kind === "link" ? [] : judgeMode(place, access.mode)),
    ];
  });
}

const nameIn =
  (names: readonly [id: number, name: string][]) =>
  (id: number): string =>
    new Map(names).get(id) ?? String(id);

function judgeOwner({ path, user, group, kind }: Place, is: { user: string; group: string }): DoctorFinding[] {
  if (is.user === user && is.group === group) return [];
  const message = `${path} belongs to ${is.user}:${is.group} and not to ${user}:${group}.`;
  const hint = `chown ${kind === "link" ? "-h " : ""}${user}:${group} ${path}`;
  return [wrong({ code: "owner_wrong", subject: path, message, hint })];
}

function judgeMode({ path, mode, kind }: Place, is: number): DoctorFinding[] {
  if (is === mode) return [];
  const isSecret = kind === "file" && (is & 0o077) !== 0;
  const message = `${path} has mode ${octal(is)} and not ${octal(mode)}${isSecret ? ", and holds secrets" : ""}.`;
  return [wrong({ code: "mode_wrong", subject: path, message, hint: `chmod ${octal(mode)} ${path}` })];
}
