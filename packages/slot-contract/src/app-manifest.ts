import * as z from "zod";
import { OperatorError } from "./operator-error.ts";

export const MANIFEST_FILE = "oroboros.app.json";
export const SEED_VERSION = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

const argv = z.array(z.string().regex(/^[^\0]+$/, "must be text without NUL")).min(1);
/** A path below the application's root: no absolute path, no `..`, no empty piece. */
const insidePath = z
  .string()
  .regex(/^(?!\/)[^\0\\]+$/, "must be a relative path")
  .refine(
    (path) => path.split("/").every((piece) => piece !== "" && piece !== ".."),
    "must stay inside the application",
  );
/** What is asked on a port of the slot: a path of it, and never another host. */
export const urlPath = z.string().regex(/^\/(?!\/)[!-~]*$/, "must be an absolute URL path");

/**
 * Files and directories outside `dir`, relative to the application's root, that belong to this part as well. A republish builds,
 * installs or restarts the part again when they change.
 */
const inputs = z.array(insidePath).default([]);

/** Left out, it follows from the files of the commit that is published: only they tell whether the part has packages. */
const install = argv.optional();

/**
 * SQL files by seed version, in the order they are written in. JavaScript puts keys of digits alone first, so that what is written last
 * could not be told.
 */
const seeds = z
  .record(z.string().regex(SEED_VERSION), insidePath)
  .check(({ value, issues }) => {
    for (const version of Object.keys(value).filter((key) => /^[0-9]+$/.test(key)))
      issues.push({
        code: "custom",
        input: version,
        path: [version],
        message: `must not be digits alone, or which seed is written last can not be told: call it v${version}`,
      });
  })
  .default({});

/** A directory of its own in `frontend.dir`: the page must not bring the sources and the packages with it. */
const builtPath = insidePath.refine(
  (path) => path.split("/").every((piece) => piece !== "."),
  'must be a directory below frontend.dir, written without "."',
);

const manifestFields = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "must be a short lower-case name"),
  frontend: z.strictObject({
    dir: insidePath.default("frontend"),
    install,
    build: argv.default(["pnpm", "run", "build"]),
    /** Directory with the built files, relative to `dir`. */
    dist: builtPath.default("dist"),
    inputs,
  }),
  backend: z.strictObject({
    dir: insidePath.default("backend"),
    install,
    start: argv,
    /** Brings the slot's database to what the backend expects, in place of `database.migrations`. */
    migrate: argv.optional(),
    /**
     * What decides whether `migrate` has to run again, relative to the application's root; left out, it is the whole backend.
     */
    migrateInputs: z.array(insidePath).min(1).optional(),
    health: urlPath.default("/health"),
    /** How long the readiness gate waits for the backend, in seconds. */
    readyTimeoutSeconds: z.int().min(1).max(600).default(30),
    inputs,
  }),
  database: z
    .strictObject({
      /** Directory of plain SQL files, applied in the order of their names; null for none. */
      migrations: insidePath.nullable().default(null),
      seeds,
    })
    .default({ migrations: null, seeds: {} }),
  smoke: z
    .strictObject({
      /** Paths below the slot's frontend URL that have to answer 200. */
      routes: z.array(urlPath).default([]),
      /** False for a backend that does not mount the slot handlers: it is checked by its health and the routes alone. */
      slotApi: z.boolean().default(true),
    })
    .default({ routes: [], slotApi: true }),
});

/** Two ways to the same tables: a database that both have changed is the state of neither. */
export const appManifestSchema = manifestFields.check(({ value, issues }) => {
  const { backend, database } = value;
  const refuse = (field: "migrate" | "migrateInputs", message: string): void =>
    void issues.push({ code: "custom", input: backend[field], path: ["backend", field], message });
  if (backend.migrate !== undefined && database.migrations !== null)
    refuse("migrate", "excludes database.migrations; leave one of the two out");
  if (backend.migrate === undefined && backend.migrateInputs !== undefined)
    refuse("migrateInputs", "says when backend.migrate runs again, which is not there");
});
export type AppManifest = z.output<typeof appManifestSchema>;

/**
 * Reads the text of an application's `oroboros.app.json`.
 *
 * @throws OperatorError `invalid_manifest`, naming every field that is wrong.
 */
export function parseAppManifest(text: string): AppManifest {
  const parsed = appManifestSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw manifestError(problems.join("; "));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw manifestError(`it is not JSON (${error instanceof Error ? error.message : "unreadable"})`);
  }
}

function manifestError(problem: string): OperatorError {
  return new OperatorError("invalid_manifest", `${MANIFEST_FILE} is wrong: ${problem}.`, {
    hint: "Correct the file on the branch, commit, and publish the new commit.",
  });
}
