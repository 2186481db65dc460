import { expect, test } from "vitest";
import { defineContract, type RuntimeContractInput } from "../runtime-contract.ts";
import { parseSlotId } from "../slot-id.ts";
import { expandSlotTemplate } from "../slot-template.ts";
import { deployCommand } from "./deploy-hooks.ts";
import { devEnvironmentSchema } from "./dev.ts";
import { installationEnvironment } from "./installation.ts";
import { parseEnvironment, type Environment } from "./parse-environment.ts";
import { webSurfaceEnvironmentSchema } from "./web-surface.ts";
import { workerEnvironmentSchema, type WorkerEnvironment } from "./worker.ts";

const REQUIRED = {
  DATABASE_URL: "postgresql://oroboros:pw@127.0.0.1:5432/builder_control",
  WORKER_POLL_INTERVAL_SECONDS: "5",
  WORKER_HEALTH_PORT: "8090",
  PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: "postgresql+psycopg://u:pw@127.0.0.1:5432/app_preview_{slot}",
  SLOT_DATABASE_PASSWORD_KEY: "a".repeat(64),
};
const worker = (claims: Environment, contract: RuntimeContractInput = {}): WorkerEnvironment =>
  parseEnvironment("worker", workerEnvironmentSchema, {
    ...installationEnvironment(defineContract(contract)),
    ...REQUIRED,
    ...claims,
  });

test("a worker.env without the optional variables reads as the documents write them", () => {
  expect(worker({})).toMatchObject({
    WORKER_PREVIEW_WEB_ROOT_TEMPLATE: "/srv/oroboros/current/infra/web-preview-{slot}",
    WORKER_PREVIEW_RUNTIME_SCRIPTS_DIR: "/srv/oroboros/current/scripts",
    WORKER_SLOT_API_DIRECT_TEMPLATE: "http://127.0.0.1:810{slot}",
    WORKER_SLOT_PREVIEW_HOST_TEMPLATE: "preview{slot}.example.com",
    DEPLOY_BACKEND_RELOAD_CMD: ["/srv/oroboros/current/scripts/deploy.sh", "{commit_sha}"],
    DEPLOY_BACKEND_HEALTHCHECK_CMD: ["/srv/oroboros/current/scripts/runtime-health-check.sh", "--scope", "production"],
    DEPLOY_GIT_PUSH_MODE: "manual",
  });
});

test.each([1, 3, 9, 10, 42, 99])(
  "the filled-in templates of %i slots are accepted when they are written down",
  (slotCount) => {
    const contract = { slotCount, root: "/var/tmp/host", portOffset: 200, domain: "example.org" };
    const filled = worker({}, contract);
    const { WORKER_PREVIEW_WEB_ROOT_TEMPLATE, WORKER_SLOT_API_DIRECT_TEMPLATE, WORKER_SLOT_PREVIEW_HOST_TEMPLATE } =
      filled;
    const written = {
      WORKER_PREVIEW_WEB_ROOT_TEMPLATE,
      WORKER_SLOT_API_DIRECT_TEMPLATE,
      WORKER_SLOT_PREVIEW_HOST_TEMPLATE,
    };
    expect(worker(written, contract)).toEqual(filled);
    const last = parseSlotId({ slotCount }, `preview-${slotCount}`);
    expect(expandSlotTemplate(WORKER_SLOT_API_DIRECT_TEMPLATE ?? "", last)).toBe(
      `http://127.0.0.1:${8300 + slotCount}`,
    );
  },
);

test("a port offset that no template can say leaves the template out", () => {
  expect(worker({}, { portOffset: 5 }).WORKER_SLOT_API_DIRECT_TEMPLATE).toBeUndefined();
});

/** Every way to send a slot somewhere else than to itself. */
const waysOut: [variable: string, value: string][] = [
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", "http://127.0.0.1:8101"],
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", "http://127.0.0.1:811{slot}"],
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", "http://127.0.0.1:310{slot}"],
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", "http://127.0.0.1:8000"],
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", "http://10.0.0.1:810{slot}"],
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", "http://127.0.0.1:810{slot}@evil.example"],
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", "http://evil.example#127.0.0.1:810{slot}"],
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", "https://127.0.0.1:810{slot}"],
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", "http://127.0.0.1:810{slot}/"],
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", "http://127.0.0.1:810{{slot}}"],
  ["WORKER_SLOT_API_DIRECT_TEMPLATE", ""],
  ["WORKER_SLOT_PREVIEW_HOST_TEMPLATE", "preview1.example.com"],
  ["WORKER_SLOT_PREVIEW_HOST_TEMPLATE", "preview{slot}.evil.example"],
  ["WORKER_SLOT_PREVIEW_HOST_TEMPLATE", "app.example.com"],
  ["WORKER_SLOT_PREVIEW_HOST_TEMPLATE", "preview{slot}.example.com:8080"],
  ["WORKER_PREVIEW_WEB_ROOT_TEMPLATE", "/srv/oroboros/current/infra/web-preview-1"],
  ["WORKER_PREVIEW_WEB_ROOT_TEMPLATE", "/srv/oroboros/current/infra/web-main"],
  ["WORKER_PREVIEW_WEB_ROOT_TEMPLATE", "/srv/oroboros/current/infra/web-preview-{slot}/../web-preview-1"],
  ["WORKER_PREVIEW_WEB_ROOT_TEMPLATE", "/etc/web-preview-{slot}"],
];

test.each(waysOut)("%s=%j is refused, and the one message names it", (variable, value) => {
  expect(() => worker({ [variable]: value })).toThrow(
    expect.objectContaining({
      code: "invalid_environment",
      message: expect.stringMatching(
        new RegExp(`^worker can not start: ${variable} must give every slot its own: [^;]*\\.$`),
      ),
    }),
  );
});

test("wrong claims, wrong values and missing variables are named in one message", () => {
  const source = {
    ...installationEnvironment(defineContract()),
    WORKER_HEALTH_PORT: "0",
    WORKER_SLOT_API_DIRECT_TEMPLATE: "http://127.0.0.1:8102",
    WORKER_PREVIEW_WEB_ROOT_TEMPLATE: "/tmp",
    DEPLOY_GIT_PUSH_MODE: "always",
    DEPLOY_BACKEND_RELOAD_CMD: "deploy.sh",
  };
  const names = [...Object.keys(REQUIRED), ...Object.keys(source).filter((name) => /^(WORKER|DEPLOY)/.test(name))];
  for (const name of names) {
    expect(() => parseEnvironment("worker", workerEnvironmentSchema, source)).toThrow(
      expect.objectContaining({ code: "invalid_environment", message: expect.stringContaining(`${name} `) }),
    );
  }
});

test.each(["deploy.sh {commit_sha}", "/bin/deploy  x", "/bin/deploy {branch}", "/bin/deploy {", "", "/bin/deploy\tx"])(
  "the hook %j is refused",
  (DEPLOY_BACKEND_RELOAD_CMD) => {
    expect(() => worker({ DEPLOY_BACKEND_RELOAD_CMD })).toThrow(/DEPLOY_BACKEND_RELOAD_CMD must/);
  },
);

test("a hook is argv, and only the commit is filled in", () => {
  const { DEPLOY_BACKEND_RELOAD_CMD } = worker({ DEPLOY_BACKEND_RELOAD_CMD: "/bin/deploy --sha={commit_sha} $(id) ;" });
  expect(deployCommand(DEPLOY_BACKEND_RELOAD_CMD, "c".repeat(40) as never)).toEqual([
    "/bin/deploy",
    `--sha=${"c".repeat(40)}`,
    "$(id)",
    ";",
  ]);
});

test("a developer's machine reads the same claims", () => {
  const installation = installationEnvironment(defineContract());
  expect(parseEnvironment("dev", devEnvironmentSchema, installation)).toMatchObject({
    WORKER_SLOT_API_DIRECT_TEMPLATE: "http://127.0.0.1:810{slot}",
    WORKER_SLOT_PREVIEW_HOST_TEMPLATE: "preview{slot}.example.com",
  });
  const wrong = { ...installation, WORKER_SLOT_API_DIRECT_TEMPLATE: "http://127.0.0.1:8101" };
  expect(() => parseEnvironment("dev", devEnvironmentSchema, wrong)).toThrow(/WORKER_SLOT_API_DIRECT_TEMPLATE must/);
});

test.each([
  "/srv/oroboros/current/infra/web-preview-2",
  "/srv/oroboros/shared/surfaces/preview-2",
  "/srv/oroboros/shared/surfaces/preview-2.d/x",
])("a surface of preview-1 does not start on %s", (WEB_ROOT) => {
  const surface = (port: number): unknown =>
    parseEnvironment("web-surface", webSurfaceEnvironmentSchema, {
      ...installationEnvironment(defineContract()),
      WEB_ROOT,
      WEB_PORT: String(port),
      WEB_API_PROXY_TARGET: `http://127.0.0.1:${port + 5000}`,
    });
  expect(() => surface(3101)).toThrow(/WEB_ROOT must not be a root of preview-2/);
  expect(() => surface(3102)).not.toThrow();
});
