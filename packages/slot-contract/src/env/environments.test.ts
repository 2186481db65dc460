import { expect, test } from "vitest";
import type { z } from "zod";
import { defineContract } from "../runtime-contract.ts";
import { apiEnvironmentSchema } from "./api.ts";
import { contractOf, installationEnvironment } from "./installation.ts";
import { parseEnvironment, type Environment } from "./parse-environment.ts";
import { supervisorEnvironmentSchema } from "./supervisor.ts";
import { webSurfaceEnvironmentSchema } from "./web-surface.ts";
import { workerEnvironmentSchema } from "./worker.ts";

const installation = installationEnvironment(defineContract());
const DATABASE_URL = "postgresql://oroboros:pw@127.0.0.1:5432/builder_control";

const processes: { process: string; schema: z.ZodType; valid: Record<string, string> }[] = [
  { process: "api", schema: apiEnvironmentSchema, valid: { ...installation, DATABASE_URL } },
  {
    process: "worker",
    schema: workerEnvironmentSchema,
    valid: {
      ...installation,
      DATABASE_URL,
      WORKER_POLL_INTERVAL_SECONDS: "5",
      WORKER_HEALTH_PORT: "8090",
      PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: "postgresql+psycopg://u:pw@127.0.0.1:5432/app_preview_{slot}",
      SLOT_DATABASE_PASSWORD_KEY: "a".repeat(64),
    },
  },
  { process: "supervisor", schema: supervisorEnvironmentSchema, valid: installation },
  {
    process: "web surface",
    schema: webSurfaceEnvironmentSchema,
    valid: { ...installation, WEB_ROOT: "/srv/x", WEB_PORT: "3101", WEB_API_PROXY_TARGET: "http://127.0.0.1:8101" },
  },
];
const optional = new Set(["OROBOROS_ROOT", "OROBOROS_PORT_OFFSET"]);

const problemOf = (process: string, schema: z.ZodType, source: Environment): string => {
  try {
    parseEnvironment(process, schema, source);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "invalid_environment") return error.message;
    throw error;
  }
  throw new Error("the environment was accepted");
};

test.each(processes)("the $process starts with its documented variables", ({ process, schema, valid }) => {
  expect(() => parseEnvironment(process, schema, { ...valid, PATH: "/bin" })).not.toThrow();
});

test.each(processes)("the $process names every missing variable at once", ({ process, schema, valid }) => {
  const message = problemOf(process, schema, {});
  for (const name of Object.keys(valid).filter((key) => !optional.has(key)))
    expect(message).toContain(`${name} is missing`);
});

test.each(processes)(
  "the $process names every wrong variable once and prints no value",
  ({ process, schema, valid }) => {
    const wrong = Object.fromEntries(Object.keys(valid).map((name) => [name, " s3cret "]));
    const message = problemOf(process, schema, wrong);
    for (const name of Object.keys(valid).filter((key) => key !== "OROBOROS_ROOT"))
      expect(message.split(`${name} `)).toHaveLength(2);
    expect(message).not.toContain("s3cret");
  },
);

test("nobody passes without a token unless the installation says so", () => {
  expect(parseEnvironment("api", apiEnvironmentSchema, { ...installation, DATABASE_URL })).toMatchObject({
    OROBOROS_LOOPBACK_IDENTITY: "off",
  });
});

const wrongValues: [process: string, variable: string, value: string][] = [
  ["api", "DATABASE_URL", "mysql://127.0.0.1/builder_control"],
  ["api", "DATABASE_URL", "postgresql://u:pw@127.0.0.1:99999/builder_control"],
  ["api", "REDIS_URL", "127.0.0.1:6379"],
  ["api", "OROBOROS_LOOPBACK_IDENTITY", "yes"],
  ["api", "SLOT_IDS_CSV", "preview-1,preview-3"],
  ["api", "SLOT_IDS_CSV", "preview-2,preview-1"],
  ["api", "SLOT_IDS_CSV", ""],
  ["worker", "WORKER_POLL_INTERVAL_SECONDS", "0"],
  ["worker", "WORKER_RUN_TIMEOUT_SECONDS", "0"],
  ["worker", "WORKER_ARTIFACT_MAX_AGE_DAYS", "soon"],
  ["worker", "WORKER_ARTIFACT_BUDGET_MB", "-1"],
  ["worker", "WORKER_CACHE_BUDGET_MB", ""],
  ["worker", "WORKER_HEALTH_PORT", "65536"],
  ["worker", "WORKER_HEALTH_PORT", "0"],
  ["worker", "SLOT_DATABASE_PASSWORD_KEY", "A".repeat(64)],
  ["web surface", "WEB_ROOT", "relative"],
  ["web surface", "WEB_PORT", "3101x"],
  ["web surface", "WEB_API_PROXY_TARGET", "http://example.org:80"],
  ["web surface", "WEB_API_PROXY_TARGET", "http://127.0.0.1:8101/path"],
];

test.each(wrongValues)("the %s refuses %s=%j", (process, variable, value) => {
  const chosen = processes.find((candidate) => candidate.process === process);
  if (chosen === undefined) throw new Error(`no process ${process}`);
  expect(problemOf(process, chosen.schema, { ...chosen.valid, [variable]: value })).toContain(`${variable} must`);
});

test("SQLAlchemy's spelling of a database URL is handed on in the driver's", () => {
  const source = { ...installation, DATABASE_URL: "postgresql+psycopg://u@127.0.0.1:5432/builder_control" };
  expect(parseEnvironment("api", apiEnvironmentSchema, source).DATABASE_URL).toBe(
    "postgresql://u@127.0.0.1:5432/builder_control",
  );
});

test("an installation's contract survives its env file", () => {
  const contract = defineContract({
    root: "/var/tmp/oroboros-1",
    slotCount: 12,
    portOffset: 200,
    domain: "example.org",
    previewDomain: "previews.example.net",
    unitPrefix: "o",
    corsAllowedOrigins: ["https://a.example", "http://b.example:81"],
  });
  expect(
    contractOf(parseEnvironment("api", apiEnvironmentSchema, { ...installationEnvironment(contract), DATABASE_URL })),
  ).toEqual(contract);
});

test("what is wrong with a file that a command reads is told with its path, and what to do with it", () => {
  expect(() => parseEnvironment("/etc/oroboros/api.env", apiEnvironmentSchema, installation)).toThrow(
    expect.objectContaining({
      message: "/etc/oroboros/api.env can not be used: DATABASE_URL is missing.",
      hint: "Correct the named variables in /etc/oroboros/api.env, and start again what reads it.",
    }),
  );
});
