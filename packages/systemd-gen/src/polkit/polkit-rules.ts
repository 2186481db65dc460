import { slotIds, type RuntimeContract } from "@oroboros/slot-contract";
import {
  API_USER,
  APP_USER,
  BUILD_USER,
  GENERATED_LINE,
  type GeneratedFile,
  PACKAGES_USER,
  POLKIT_RULES_DIRECTORY,
  slotUser,
  WEB_USER,
  WORKER_USER,
} from "@oroboros/slot-contract/host";
import { startableCommits, workerGrants } from "./worker-grants.ts";

// polkit's engine is Duktape, which is ECMAScript 5.
const DECIDE = `
  polkit.addRule(function (action, subject) {
    if (sealed.indexOf(subject.user) >= 0) return polkit.Result.NO;
    if (subject.user !== worker) return polkit.Result.NOT_HANDLED;
    // StartTransientUnit and its like come without a unit's name, and whoever may do that may do anything.
    if (action.id !== "org.freedesktop.systemd1.manage-units") return polkit.Result.NO;
    var unit = action.lookup("unit");
    var verb = action.lookup("verb");
    if (typeof unit !== "string" || typeof verb !== "string") return polkit.Result.NO;
    if (Object.prototype.hasOwnProperty.call(grants, unit) && grants[unit].indexOf(verb) >= 0) return polkit.Result.YES;
    if (verb === "start" && startableCommit.test(unit)) return polkit.Result.YES;
    return polkit.Result.NO;
  });
`;

/**
 * Who of ours may ask systemd for what: the worker for {@link workerGrants}, nobody else for anything. Our users are refused
 * every other action of polkit too, because none of them has a use for one.
 */
export function renderPolkitRules(contract: RuntimeContract): GeneratedFile {
  const sealed = [
    API_USER,
    WEB_USER,
    PACKAGES_USER,
    BUILD_USER,
    APP_USER,
    ...slotIds(contract).map((slot) => slotUser(slot)),
  ];
  const values = [
    `var worker = ${literal(WORKER_USER)};`,
    `var sealed = ${literal(sealed)};`,
    `var startableCommit = new RegExp(${literal(startableCommits(contract))});`,
    `var grants = {`,
    ...[...workerGrants(contract)].map(([unit, verbs]) => `  ${literal(unit)}: ${literal(verbs)},`),
    `};`,
  ];
  // The rules of all files share their global variables, so ours are a function's.
  const text = `(function () {\n${values.map((value) => `  ${value}\n`).join("")}${DECIDE}})();\n`;
  return {
    path: "polkit/49-oroboros.rules",
    text: `// ${GENERATED_LINE}\n${text}`,
    kind: "file",
    installed: { path: `${POLKIT_RULES_DIRECTORY}/49-oroboros.rules`, mode: 0o644 },
  };
}

/** JSON in ASCII is ECMAScript 5, byte for byte. */
function literal(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
